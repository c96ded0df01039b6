import { describe, expect, it } from 'vitest'

import { changedPixels, dice, difference } from './compare'
import { drawn, fixtures, maskOf } from './fixtures/read'
import { Mask } from './mask'

const named = (name: string) => {
  const { bits, width, height } = fixtures.masks.find((mask) => mask.name === name)!
  return maskOf(bits, width, height)
}

describe('comparison of masks', () => {
  it.each(fixtures.dice)('of $a with $b agrees with numpy', (expected) => {
    const [a, b] = [named(expected.a), named(expected.b)]
    expect(changedPixels(a, b)).toBe(expected.changed)
    expect(dice(a, b)).toBeCloseTo(expected.dice, 12)
    expect(dice(b, a)).toBe(dice(a, b))
  })

  it('gives a Dice of 1 for two empty masks, 0 where one is empty, 1 for equal masks', () => {
    const some = drawn('##.')
    expect(dice(new Mask(3, 1), new Mask(3, 1))).toBe(1)
    expect(dice(some, new Mask(3, 1))).toBe(0)
    expect(dice(some, some.clone())).toBe(1)
    expect(dice(some, drawn('.##'))).toBe(0.5)
  })

  it('marks the pixels on which several masks do not all agree', () => {
    const masks = [drawn('##..', '#..#'), drawn('##..', '#.##'), drawn('#...', '#..#')]
    expect([...difference(masks)]).toEqual([0, 1, 0, 0, 0, 0, 1, 0])
    expect([...difference(masks.slice(0, 1))]).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('refuses masks of different films, and none at all', () => {
    const [a, b] = [new Mask(3, 2), new Mask(2, 3)]
    expect(() => changedPixels(a, b)).toThrow('3 x 2 and 2 x 3')
    expect(() => dice(a, b)).toThrow(RangeError)
    expect(() => difference([a, b])).toThrow(RangeError)
    expect(() => difference([])).toThrow('at least one')
  })
})
