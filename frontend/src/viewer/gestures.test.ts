import { describe, expect, it, vi } from 'vitest'

import { Gestures, PALM_PX, PEN_REST_MS, type Pinch, type PointerLike } from './gestures'

const at = (id: number, type: string, x: number, y: number, more: Partial<PointerLike> = {}): PointerLike => ({
  id, type, x, y, time: 0, ...more,
}) // prettier-ignore

describe('pointers on a film', () => {
  it('lets one finger work from its landing to its lifting', () => {
    const gestures = new Gestures(vi.fn())
    expect(gestures.down(at(1, 'touch', 5, 5))).toBe('work')
    expect(gestures.move(at(1, 'touch', 9, 5))).toBe('work')
    expect(gestures.up(at(1, 'touch', 9, 5))).toBe('work')
    expect(gestures.working).toBe(false)
  })

  it('breaks the work off when a second finger lands, and follows both', () => {
    const broken = vi.fn()
    const gestures = new Gestures(broken)
    gestures.down(at(1, 'touch', 0, 0))
    expect(gestures.down(at(2, 'touch', 10, 0))).toBe('pinch')
    expect(broken).toHaveBeenCalledOnce()
    const pinch = gestures.move(at(2, 'touch', 20, 0)) as Pinch
    expect(pinch).toEqual({ factor: 2, x: 10, y: 0, dx: 5, dy: 0 })
  })

  it('does nothing with the finger that a pinch leaves behind, until all are lifted', () => {
    const gestures = new Gestures(vi.fn())
    gestures.down(at(1, 'touch', 0, 0))
    gestures.down(at(2, 'touch', 10, 0))
    expect(gestures.up(at(2, 'touch', 10, 0))).toBe('pinch')
    expect(gestures.move(at(1, 'touch', 3, 3))).toBe('ignore')
    expect(gestures.up(at(1, 'touch', 3, 3))).toBe('ignore')
    expect(gestures.down(at(3, 'touch', 0, 0))).toBe('work')
  })

  it('takes touches beside a pen, and shortly after it, for the hand that holds it', () => {
    const gestures = new Gestures(vi.fn())
    expect(gestures.down(at(1, 'pen', 0, 0))).toBe('work')
    expect(gestures.down(at(2, 'touch', 50, 50))).toBe('ignore')
    expect(gestures.move(at(1, 'pen', 4, 0))).toBe('work')
    expect(gestures.up(at(2, 'touch', 50, 50))).toBe('ignore')
    expect(gestures.up(at(1, 'pen', 4, 0, { time: 100 }))).toBe('work')
    expect(gestures.down(at(3, 'touch', 50, 50, { time: 99 + PEN_REST_MS }))).toBe('ignore')
    gestures.up(at(3, 'touch', 50, 50, { time: 99 + PEN_REST_MS }))
    expect(gestures.down(at(4, 'touch', 50, 50, { time: 101 + PEN_REST_MS }))).toBe('work')
  })

  it('breaks off what a palm began before its pen landed', () => {
    const broken = vi.fn()
    const gestures = new Gestures(broken)
    gestures.down(at(1, 'touch', 50, 50))
    expect(gestures.down(at(2, 'pen', 0, 0))).toBe('work')
    expect(broken).toHaveBeenCalledOnce()
    expect(gestures.move(at(1, 'touch', 52, 50))).toBe('ignore')
  })

  it('knows a palm by its width', () => {
    const gestures = new Gestures(vi.fn())
    expect(gestures.down(at(1, 'touch', 0, 0, { width: PALM_PX, height: 20 }))).toBe('ignore')
  })

  it('lets a mouse hover and work', () => {
    const gestures = new Gestures(vi.fn())
    expect(gestures.move(at(1, 'mouse', 0, 0))).toBe('work')
    expect(gestures.down(at(1, 'mouse', 0, 0))).toBe('work')
    expect(gestures.up(at(1, 'mouse', 0, 0))).toBe('work')
  })
})
