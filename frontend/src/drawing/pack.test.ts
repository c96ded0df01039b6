import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { anyMask, expectSame, fixtures, maskOf } from './fixtures/read'
import { packMask, unpackMask } from './pack'

describe('a packed mask', () => {
  it('unpacks to the same mask', () => {
    fc.assert(fc.property(anyMask, (mask) => expectSame(unpackMask(packMask(mask), mask.width, mask.height), mask)))
  })

  it.each(fixtures.masks)('has the bits of numpy.packbits: $name', ({ bits, width, height }) => {
    expect(Buffer.from(packMask(maskOf(bits, width, height))).toString('base64')).toBe(bits)
  })

  it('is not unpacked for a film of another size', () => {
    expect(() => unpackMask(new Uint8Array(3), 5, 5)).toThrow('5 x 5 has 4 bytes; got 3')
    expect(() => unpackMask(new Uint8Array(5), 5, 5)).toThrow(RangeError)
  })
})
