import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { anyMask, changedRect, drawn, expectSame, fixtures, maskOf } from './fixtures/read'
import { fromRgba, Mask } from './mask'
import { EMPTY } from './rect'

describe('a mask', () => {
  it('starts empty and counts its foreground as numpy does', () => {
    expect(new Mask(7, 3).count()).toBe(0)
    for (const mask of fixtures.masks) expect(maskOf(mask.bits, mask.width, mask.height).count()).toBe(mask.count)
  })

  it('refuses sizes and data that are no mask', () => {
    expect(() => new Mask(0, 3)).toThrow(RangeError)
    expect(() => new Mask(2.5, 3)).toThrow(RangeError)
    expect(() => new Mask(2, 2, new Uint8Array(3))).toThrow('4 pixels')
    expect(() => new Mask(2, 1, Uint8Array.of(0, 255))).toThrow('0 and 1')
  })

  it('keeps the array it is given, while a clone is independent', () => {
    const data = Uint8Array.of(0, 1, 1, 0)
    const mask = new Mask(2, 2, data)
    expect(mask.data).toBe(data)
    const copy = mask.clone()
    copy.fill(1)
    expect(mask.count()).toBe(2)
    expect(copy.equals(mask)).toBe(false)
  })

  it('equals only a mask of the same shape and pixels', () => {
    expect(new Mask(2, 3).equals(new Mask(3, 2))).toBe(false)
    expect(drawn('#.').equals(drawn('#.'))).toBe(true)
    expect(drawn('#.').equals(drawn('.#'))).toBe(false)
  })

  it('has bounds that hold all foreground and no more', () => {
    expect(new Mask(5, 5).bounds()).toEqual(EMPTY)
    fc.assert(
      fc.property(anyMask, (mask) => {
        expect(mask.bounds()).toEqual(changedRect(mask, new Mask(mask.width, mask.height)))
      }),
    )
  })

  it('is filled as a whole', () => {
    const mask = drawn('#..', '..#')
    expect(mask.fill(1)).toEqual({ x0: 0, y0: 0, x1: 3, y1: 2 })
    expectSame(mask, drawn('###', '###'))
  })
})

describe('a decoded mask image', () => {
  it('is foreground from a red of 128 on, whatever green, blue and alpha', () => {
    const rgba = Uint8ClampedArray.of(127, 255, 255, 255, 128, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255)
    expectSame(fromRgba(rgba, 2, 2), drawn('.#', '#.'))
  })

  it('is refused where its size is not the one announced', () => {
    expect(() => fromRgba(new Uint8ClampedArray(15), 2, 2)).toThrow('16 bytes')
  })
})
