import { describe, expect, it } from 'vitest'

import { drawn, expectChange, expectSame, fixtures, maskOf } from './fixtures/read'
import { Mask } from './mask'
import { grow, shrink, smooth } from './morphology'
import { EMPTY } from './rect'

const cases = fixtures.masks.flatMap((mask) => mask.radii.map((expected) => ({ ...mask, ...expected })))

describe.each(cases)('a mask with $name and a radius of $radius', (fixture) => {
  const read = (bits: string) => maskOf(bits, fixture.width, fixture.height)
  const mask = read(fixture.bits)

  it('grows by a disk as by the distance transform of scipy', () => {
    expectChange(mask, (copy) => grow(copy, fixture.radius), read(fixture.grown))
  })

  it('shrinks by a disk, also from the edge of the film, as by the distance transform of scipy', () => {
    expectChange(mask, (copy) => shrink(copy, fixture.radius), read(fixture.shrunk))
  })

  it('is smoothed to the majority of film pixels', () => {
    expectChange(mask, (copy) => smooth(copy, fixture.radius), read(fixture.smoothed))
  })
})

describe('morphology', () => {
  it('grows one pixel to a disk with its border', () => {
    const mask = drawn('.....', '.....', '..#..', '.....', '.....')
    expect(grow(mask, 2)).toEqual({ x0: 0, y0: 0, x1: 5, y1: 5 })
    expectSame(mask, drawn('..#..', '.###.', '#####', '.###.', '..#..'))
    shrink(mask, 2)
    expectSame(mask, drawn('.....', '.....', '..#..', '.....', '.....'))
  })

  it('leaves an empty mask empty', () => {
    const mask = new Mask(9, 7)
    for (const change of [grow, shrink, smooth]) expect(change(mask, 3)).toBe(EMPTY)
    expect(mask.count()).toBe(0)
  })

  it('keeps a full mask full when it grows or is smoothed, and frees its margin when it shrinks', () => {
    const mask = new Mask(5, 4)
    mask.fill(1)
    expect(grow(mask, 20)).toBe(EMPTY)
    expect(smooth(mask, 20)).toBe(EMPTY)
    shrink(mask, 1)
    expectSame(mask, drawn('.....', '.###.', '.###.', '.....'))
  })

  it('smooths away specks and fills pinholes', () => {
    const mask = drawn('......', '.#....', '......', '######', '##.###', '######')
    smooth(mask, 1)
    expectSame(mask, drawn('......', '......', '......', '######', '######', '######'))
  })

  it('refuses a radius that is not a whole number in 1..20', () => {
    const mask = new Mask(5, 5)
    for (const change of [grow, shrink, smooth]) {
      for (const radius of [0, 21, 1.5, NaN]) expect(() => change(mask, radius)).toThrow('1..20')
    }
  })
})
