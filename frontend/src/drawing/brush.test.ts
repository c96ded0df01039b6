import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { paintCapsule } from './brush'
import { changedRect, drawn, expectSame } from './fixtures/read'
import { Mask, type Bit } from './mask'
import { components } from './regions'
import { EMPTY } from './rect'

/** Distance from a point to the segment a-b by its three cases, not by clamping. */
function distance(px: number, py: number, ax: number, ay: number, bx: number, by: number): number {
  const length = Math.hypot(bx - ax, by - ay)
  const toA = Math.hypot(px - ax, py - ay)
  const toB = Math.hypot(px - bx, py - by)
  if (length === 0 || toB * toB >= toA * toA + length * length) return toA
  if (toA * toA >= toB * toB + length * length) return toB
  return Math.abs((bx - ax) * (py - ay) - (by - ay) * (px - ax)) / length
}

const finite = { noNaN: true, noDefaultInfinity: true }
const place = fc.double({ min: -40, max: 90, ...finite })

describe('the brush', () => {
  it('paints exactly the pixels whose centres lie within its radius of the move', () => {
    const radius = fc.double({ min: 0.75, max: 25, ...finite })
    fc.assert(
      fc.property(place, place, place, place, radius, fc.constantFrom<Bit>(0, 1), (ax, ay, bx, by, r, value) => {
        const mask = new Mask(50, 40)
        mask.fill(value === 1 ? 0 : 1)
        const before = mask.clone()
        const rect = paintCapsule(mask, ax, ay, bx, by, r, value)
        expect(rect).toEqual(changedRect(before, mask))
        let wrong = 0
        for (let i = 0; i < mask.data.length; i++) {
          const gap = distance((i % 50) + 0.5, Math.floor(i / 50) + 0.5, ax, ay, bx, by) - r
          if (Math.abs(gap) > 1e-6 && (mask.data[i] === value) !== gap < 0) wrong++
        }
        expect(wrong).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('is right where centres lie exactly at its radius', () => {
    const half = fc.integer({ min: 0, max: 40 }).map((n) => n / 2)
    const radius = fc.integer({ min: 2, max: 12 }).map((n) => n / 2)
    fc.assert(
      fc.property(half, half, half, fc.boolean(), radius, (from, to, across, upright, r) => {
        const mask = new Mask(20, 20)
        const [ax, ay, bx, by] = upright ? [across, from, across, to] : [from, across, to, across]
        paintCapsule(mask, ax, ay, bx, by, r, 1)
        const low = Math.min(from, to)
        const high = Math.max(from, to)
        let wrong = 0
        for (let i = 0; i < 400; i++) {
          const x = (i % 20) + 0.5
          const y = Math.floor(i / 20) + 0.5
          const along = upright ? y : x
          const off = (upright ? x : y) - across
          const beyond = Math.max(0, low - along, along - high)
          if (mask.data[i] !== Number(beyond * beyond + off * off <= r * r)) wrong++
        }
        expect(wrong).toBe(0)
      }),
    )
  })

  it('of one pixel paints the pixel under the pointer wherever in it the pointer is', () => {
    const share = fc.double({ min: 0, max: 0.999999, ...finite })
    fc.assert(
      fc.property(share, share, (dx, dy) => {
        const mask = new Mask(5, 4)
        const rect = paintCapsule(mask, 3 + dx, 2 + dy, 3 + dx, 2 + dy, 0.5, 1)
        expect(rect).toEqual({ x0: 3, y0: 2, x1: 4, y1: 3 })
        expect(mask.count()).toBe(1)
      }),
    )
  })

  it('of one pixel draws unbroken lines through both ends', () => {
    const spot = fc.integer({ min: 0, max: 29 })
    fc.assert(
      fc.property(spot, spot, spot, spot, (ax, ay, bx, by) => {
        const mask = new Mask(30, 30)
        paintCapsule(mask, ax + 0.2, ay + 0.7, bx + 0.9, by + 0.1, 0.5, 1)
        expect(mask.data[ay * 30 + ax]).toBe(1)
        expect(mask.data[by * 30 + bx]).toBe(1)
        expect(components(mask).count).toBe(1)
        expect(mask.count()).toBeGreaterThanOrEqual(Math.max(Math.abs(ax - bx), Math.abs(ay - by)) + 1)
      }),
    )
  })

  it('paints something at every diameter, wherever the pointer is', () => {
    const diameter = fc.double({ min: 1, max: 3, ...finite })
    const spot = fc.double({ min: 4, max: 5, ...finite })
    fc.assert(
      fc.property(diameter, spot, spot, (across, x, y) => {
        const mask = new Mask(10, 10)
        paintCapsule(mask, x, y, x, y, across / 2, 1)
        expect(mask.count()).toBeGreaterThan(0)
      }),
    )
  })

  it('erases as it paints', () => {
    const mask = drawn('####', '####', '####')
    paintCapsule(mask, 0.5, 1.5, 3.5, 1.5, 0.5, 0)
    expectSame(mask, drawn('####', '....', '####'))
  })

  it('leaves the film alone where the whole move is beside it', () => {
    const mask = new Mask(10, 10)
    expect(paintCapsule(mask, -50, -20, -50, 400, 30, 1)).toBe(EMPTY)
    expect(paintCapsule(mask, 5, 1e7, 8, 1e7, 100, 1)).toBe(EMPTY)
    expect(mask.count()).toBe(0)
  })

  it('refuses diameters outside 1..200 and coordinates that are no numbers', () => {
    const mask = new Mask(10, 10)
    expect(() => paintCapsule(mask, 1, 1, 1, 1, 0.4, 1)).toThrow('1 to 200')
    expect(() => paintCapsule(mask, 1, 1, 1, 1, 100.5, 1)).toThrow('1 to 200')
    expect(() => paintCapsule(mask, 1, 1, 1, 1, NaN, 1)).toThrow(RangeError)
    expect(() => paintCapsule(mask, NaN, 1, 1, 1, 5, 1)).toThrow('finite')
    expect(mask.count()).toBe(0)
  })
})
