import { describe, expect, it } from 'vitest'

import { drawn, expectChange, expectSame, fixtures, maskOf } from './fixtures/read'
import { Mask } from './mask'
import { EMPTY } from './rect'
import { components, fillHoles, fillRegion, removeIsland, removeSmall } from './regions'

describe.each(fixtures.masks)('regions of a mask with $name', (fixture) => {
  const read = (bits: string) => maskOf(bits, fixture.width, fixture.height)
  const mask = read(fixture.bits)

  it('are counted and measured as by scikit-image', () => {
    const sizes = fixture.sizes.split(' ').map(Number)
    expect(components(mask)).toEqual({ count: sizes.length, sizes })
  })

  it('lose their holes as by scipy', () => {
    expectChange(mask, fillHoles, read(fixture.filled))
  })

  it('flood as by scikit-image', () => {
    for (const { x, y, bits } of fixture.floods) {
      const turned = mask.data[y * mask.width + x] ? 0 : 1
      expectChange(mask, (copy) => fillRegion(copy, x, y, turned), read(bits))
      expectChange(mask, (copy) => fillRegion(copy, x + 0.9, y + 0.9, turned), read(bits))
    }
  })

  it('lose exactly the island at a pixel', () => {
    expectChange(mask, (copy) => removeIsland(copy, fixture.island.x, fixture.island.y), read(fixture.island.bits))
  })

  it('lose islands below a size and keep those of that size', () => {
    expectChange(mask, (copy) => removeSmall(copy, fixtures.small), read(fixture.withoutSmall))
  })
})

describe('regions', () => {
  it('of background do not join at corners, islands of foreground do', () => {
    const mask = drawn('.#', '#.')
    expect(components(mask)).toEqual({ count: 1, sizes: [2] })
    fillRegion(mask, 0, 0, 1)
    expectSame(mask, drawn('##', '#.'))
  })

  it('do not join around the ends of rows', () => {
    const mask = drawn('...#', '#...')
    expect(components(mask).sizes).toEqual([1, 1])
    removeIsland(mask, 3, 0)
    expectSame(mask, drawn('....', '#...'))
  })

  it('stay as they are for a click off the film, on the value asked for, or on background', () => {
    const mask = drawn('.#.', '...')
    const off = [
      { x: -1, y: 0 },
      { x: 3, y: 0 },
      { x: 0, y: -0.1 },
      { x: 0, y: 2 },
      { x: NaN, y: 0 },
    ]
    for (const { x, y } of off) expect(fillRegion(mask, x, y, 1)).toBe(EMPTY)
    expect(fillRegion(mask, 1, 0, 1)).toBe(EMPTY)
    expect(removeIsland(mask, 0, 0)).toBe(EMPTY)
    expectSame(mask, drawn('.#.', '...'))
  })

  it('of an empty and of a full mask are none and one', () => {
    const mask = new Mask(3, 2)
    expect(components(mask)).toEqual({ count: 0, sizes: [] })
    expect(fillHoles(mask)).toBe(EMPTY)
    mask.fill(1)
    expect(components(mask)).toEqual({ count: 1, sizes: [6] })
    expect(removeSmall(mask, 6)).toBe(EMPTY)
    removeSmall(mask, 7)
    expect(mask.count()).toBe(0)
    expect(() => removeSmall(mask, -1)).toThrow(RangeError)
  })

  it('of a spiral as long as the film are one, without running out of stack', () => {
    const side = 1001
    const mask = new Mask(side, side)
    let [x, y, dx, dy] = [0, 0, 1, 0]
    const at = (cx: number, cy: number) => mask.data[cy * side + cx]
    for (let turns = 0; turns < 2;) {
      mask.data[y * side + x] = 1
      const [nx, ny] = [x + dx, y + dy]
      const [fx, fy] = [nx + dx, ny + dy]
      const off = nx < 0 || ny < 0 || nx >= side || ny >= side
      const near = fx >= 0 && fy >= 0 && fx < side && fy < side && at(fx, fy) === 1
      if (off || near) {
        ;[dx, dy] = [-dy, dx]
        turns++
      } else {
        ;[x, y] = [nx, ny]
        turns = 0
      }
    }
    expect(mask.count()).toBeGreaterThan(500_000)
    expect(components(mask)).toEqual({ count: 1, sizes: [mask.count()] })
    removeIsland(mask, 0, 0)
    expect(mask.count()).toBe(0)
  })
})
