import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { anyMask, drawn, expectSame, fixtures, maskOf } from './fixtures/read'
import { Mask } from './mask'
import { outlineLoops } from './outline'
import { fillPolygon, fillPolygons } from './polygon'

const points = (loop: Int32Array) =>
  Array.from({ length: loop.length / 2 }, (_, k) => ({ x: loop[2 * k]!, y: loop[2 * k + 1]! }))

/** Sides of a closed loop as [x, y, next x, next y]. */
const sides = (loop: Int32Array) => points(loop).map((from, k, all) => [from, all[(k + 1) % all.length]!] as const)

const length = (loop: Int32Array) =>
  sides(loop).reduce((sum, [a, b]) => sum + Math.abs(a.x - b.x) + Math.abs(a.y - b.y), 0)

/** Signed area in film coordinates (y down): negative for counter-clockwise on the screen. */
const area = (loop: Int32Array) => sides(loop).reduce((sum, [a, b]) => sum + (a.x * b.y - b.x * a.y) / 2, 0)

describe('the outline', () => {
  it.each(fixtures.masks)('of $name has the loops and the length that scikit-image and numpy count', (fixture) => {
    const loops = outlineLoops(maskOf(fixture.bits, fixture.width, fixture.height))
    expect(loops.reduce((sum, loop) => sum + length(loop), 0)).toBe(fixture.cracks)
    expect(loops.filter((loop) => area(loop) < 0).length).toBe(fixture.sizes.split(' ').length)
    expect(loops.filter((loop) => area(loop) > 0).length).toBe(fixture.holes)
    expect(loops.reduce((sum, loop) => sum - area(loop), 0)).toBe(fixture.count)
  })

  it('gives the mask back when it is filled', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const loops = outlineLoops(mask)
        const together = new Mask(mask.width, mask.height)
        fillPolygons(together, loops.map(points), 1)
        expectSame(together, mask)

        const oneByOne = new Mask(mask.width, mask.height)
        const largestFirst = [...loops].sort((a, b) => Math.abs(area(b)) - Math.abs(area(a)))
        for (const loop of largestFirst) fillPolygon(oneByOne, points(loop), area(loop) < 0 ? 1 : 0)
        expectSame(oneByOne, mask)
      }),
      { numRuns: 300 },
    )
  })

  it('walks every crack once with foreground on its left, and turns at every corner', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const value = (x: number, y: number) =>
          x >= 0 && y >= 0 && x < mask.width && y < mask.height ? mask.data[y * mask.width + x] : 0
        const walked = new Set<string>()
        let wrong = 0
        for (const loop of outlineLoops(mask)) {
          let upright: boolean | null = null
          for (const [a, b] of sides(loop)) {
            if ((a.x === b.x) === (a.y === b.y) || (a.x === b.x) === upright) wrong++
            upright = a.x === b.x
            const [dx, dy] = [Math.sign(b.x - a.x), Math.sign(b.y - a.y)]
            for (let { x, y } = a; x !== b.x || y !== b.y; x += dx, y += dy) {
              const key = `${Math.min(x, x + dx)},${Math.min(y, y + dy)},${dx === 0}`
              // Middle of the crack, then half a pixel to either hand (y down: left of right is up).
              const [mx, my] = [x + dx / 2, y + dy / 2]
              const left = value(Math.floor(mx + dy / 2), Math.floor(my - dx / 2))
              const right = value(Math.floor(mx - dy / 2), Math.floor(my + dx / 2))
              if (walked.has(key) || left !== 1 || right !== 0) wrong++
              walked.add(key)
            }
          }
        }
        expect(wrong).toBe(0)
      }),
    )
  })

  it('of nothing has no loop, of a rectangle has its four corners', () => {
    expect(outlineLoops(new Mask(4, 4))).toEqual([])
    expect(outlineLoops(drawn('....', '.##.', '.##.', '....')).map((loop) => [...loop])).toEqual([
      [1, 1, 1, 3, 3, 3, 3, 1],
    ])
  })

  it('of a full mask runs along the edge of the film', () => {
    const mask = new Mask(5, 3)
    mask.fill(1)
    expect(outlineLoops(mask).map((loop) => [...loop])).toEqual([[0, 0, 0, 3, 5, 3, 5, 0]])
  })

  it('of pixels that touch at a corner is one loop', () => {
    const loops = outlineLoops(drawn('#.', '.#'))
    expect(loops.map((loop) => [...loop])).toEqual([[0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1, 0]])
  })
})
