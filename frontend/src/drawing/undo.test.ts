import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { paintCapsule } from './brush'
import { anyMask, changedRect, drawn, expectSame, randomFrom } from './fixtures/read'
import { Mask } from './mask'
import { EMPTY, union, type Rect } from './rect'
import { History } from './undo'

/** One stroke of a few moves with a brush of 1 to 60 pixels, painting or erasing. */
function stroke(mask: Mask, random: () => number): Rect {
  const value = random() < 0.6 ? 1 : 0
  const radius = 0.5 + random() * 29.5
  let [x, y] = [random() * mask.width, random() * mask.height]
  let dirty = EMPTY
  for (let move = 0; move < 8; move++) {
    const nx = x + (random() - 0.5) * 80
    const ny = y + (random() - 0.5) * 80
    dirty = union(dirty, paintCapsule(mask, x, y, nx, ny, radius, value))
    ;[x, y] = [nx, ny]
  }
  return dirty
}

/** Paint, undo everything, redo everything; returns the undo history. */
function thereAndBack(side: number, strokes: number, seed: number): History {
  const random = randomFrom(seed)
  const mask = new Mask(side, side)
  stroke(mask, random)
  const start = mask.clone()
  const history = new History(mask)
  for (let k = 0; k < strokes; k++) history.commit(stroke(mask, random))
  const end = mask.clone()
  expect(end.equals(start)).toBe(false)
  while (history.canUndo) history.undo()
  expectSame(mask, start)
  while (history.canRedo) history.redo()
  expectSame(mask, end)
  return history
}

describe('undo and redo', () => {
  it('of 200 strokes give back every pixel at the start and at the end', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        thereAndBack(512, 200, seed)
      }),
      { numRuns: 5 },
    )
  })

  it('of 200 strokes on a film of 2048 x 2048 give back every pixel in little memory', () => {
    const history = thereAndBack(2048, 200, 7)
    expect(history.bytes).toBeLessThan(4 * 2 ** 20)
  })

  it('pass through every state in between, and name the pixels that change', () => {
    fc.assert(
      fc.property(anyMask, fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), (mask, picks) => {
        const history = new History(mask)
        const states = [mask.clone()]
        for (const pick of picks) {
          mask.data[pick % mask.data.length]! ^= 1
          mask.data[(pick * 7) % mask.data.length]! ^= 1
          if (history.commit()) states.push(mask.clone())
        }
        expect(history.depth).toBe(states.length - 1)
        for (let k = states.length - 1; k > 0; k--) {
          expect(history.undo()).toEqual(changedRect(states[k - 1]!, states[k]!))
          expectSame(mask, states[k - 1]!)
        }
        for (let k = 1; k < states.length; k++) {
          expect(history.redo()).toEqual(changedRect(states[k - 1]!, states[k]!))
          expectSame(mask, states[k]!)
        }
      }),
    )
  })

  it('have no step for a stroke that changed nothing', () => {
    const mask = drawn('##', '##')
    const history = new History(mask)
    expect(history.commit(mask.fill(1))).toBe(false)
    expect([history.canUndo, history.canRedo, history.depth, history.bytes]).toEqual([false, false, 0, 0])
    expect(history.undo()).toBe(EMPTY)
    expect(history.redo()).toBe(EMPTY)
  })

  it('a change that comes to nothing keeps the undone steps', () => {
    const mask = drawn('..')
    const history = new History(mask)
    history.commit(mask.fill(1))
    history.undo()
    history.commit(mask.fill(0))
    expect(history.canRedo).toBe(true)
  })

  it('forget the undone steps once something new is painted', () => {
    const mask = new Mask(4, 1)
    const history = new History(mask)
    history.commit(mask.fill(1))
    history.undo()
    mask.data[2] = 1
    history.commit()
    expect(history.canRedo).toBe(false)
    expect(history.depth).toBe(1)
    history.undo()
    expect(mask.count()).toBe(0)
  })

  it('lose the oldest steps beyond the limit, and never the newest', () => {
    const mask = new Mask(64, 64)
    const history = new History(mask, 3000)
    for (let k = 0; k < 20; k++) history.commit(mask.fill(k % 2 === 0 ? 1 : 0))
    expect(history.bytes).toBeLessThanOrEqual(3000)
    expect(history.depth).toBeGreaterThan(0)
    expect(history.depth).toBeLessThan(20)
    history.undo()
    expect(mask.count()).toBe(64 * 64)

    const tight = new History(mask, 1)
    tight.commit(mask.fill(0))
    expect(tight.depth).toBe(1)
  })

  it('leave a broken-off stroke out when it is discarded', () => {
    const mask = drawn('#...', '....')
    const history = new History(mask)
    const dirty = paintCapsule(mask, 1.5, 1.5, 3.5, 1.5, 0.5, 1)
    expect(history.discard(dirty)).toEqual({ x0: 1, y0: 1, x1: 4, y1: 2 })
    expectSame(mask, drawn('#...', '....'))
    expect(history.discard()).toBe(EMPTY)
    expect(history.canUndo).toBe(false)
  })

  it('in the middle of a stroke touch only the finished steps', () => {
    const mask = new Mask(3, 1)
    const history = new History(mask)
    mask.data[0] = 1
    history.commit()
    mask.data[2] = 1
    history.undo()
    expectSame(mask, drawn('..#'))
    history.commit()
    history.undo()
    expectSame(mask, drawn('...'))
  })
})
