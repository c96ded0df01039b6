import { inflateSync } from 'node:zlib'

import * as fc from 'fast-check'
import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'

import { anyMask, expectSame, fixtures, maskOf } from './fixtures/read'
import { Mask } from './mask'
import { decodeMaskPng, encodeMaskPng, pngInfo } from './png'

/** The mask as fast-png reads it, with checksums checked. */
function decoded(bytes: Uint8Array): Mask {
  const png = decode(bytes, { checkCrc: true })
  expect([png.depth, png.channels]).toEqual([1, 1])
  const stride = Math.ceil(png.width / 8)
  const mask = new Mask(png.width, png.height)
  for (let i = 0; i < mask.data.length; i++) {
    const x = i % png.width
    mask.data[i] = (png.data[Math.floor(i / png.width) * stride + (x >> 3)]! >> (7 - (x & 7))) & 1
  }
  return mask
}

describe('the PNG of a mask', () => {
  it('is read back by an independent decoder, pixel for pixel', async () => {
    for (const { bits, width, height } of fixtures.masks) {
      const mask = maskOf(bits, width, height)
      expectSame(decoded(await encodeMaskPng(mask)), mask)
    }
    await fc.assert(
      fc.asyncProperty(anyMask, async (mask) => expectSame(decoded(await encodeMaskPng(mask)), mask)),
      { numRuns: 50 },
    )
  })

  it('is read back here, pixel for pixel, and nothing else is taken for one', async () => {
    await fc.assert(
      fc.asyncProperty(anyMask, async (mask) => expectSame(await decodeMaskPng(await encodeMaskPng(mask)), mask)),
      { numRuns: 50 },
    )
    const bytes = await encodeMaskPng(new Mask(4, 4))
    await expect(decodeMaskPng(bytes.subarray(1))).rejects.toThrow(RangeError)
    await expect(decodeMaskPng(bytes.map((byte, i) => (i === 24 ? 8 : byte)))).rejects.toThrow(RangeError)
  })

  it('is one-bit greyscale of the same size', async () => {
    const info = pngInfo(await encodeMaskPng(new Mask(2047, 3)))
    expect(info).toEqual({ width: 2047, height: 3, bitDepth: 1, colourType: 0 })
  })

  it('holds unfiltered rows with foreground as white, and nothing after its end', async () => {
    const bytes = await encodeMaskPng(
      new Mask(9, 2, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
    )
    const length = Buffer.from(bytes).readUInt32BE(33)
    expect([...inflateSync(bytes.subarray(41, 41 + length))]).toEqual([0, 0x81, 0x80, 0, 0, 0x80])
    expect(Buffer.from(bytes.subarray(-12)).toString('hex')).toBe('0000000049454e44ae426082')
  })
})

describe('the header of a PNG', () => {
  it('is not found in other bytes', async () => {
    const bytes = await encodeMaskPng(new Mask(4, 4))
    expect(pngInfo(new Uint8Array())).toBeNull()
    expect(pngInfo(bytes.subarray(0, 32))).toBeNull()
    expect(pngInfo(bytes.map((byte, i) => (i === 1 ? 0x51 : byte)))).toBeNull()
    expect(pngInfo(bytes.map((byte, i) => (i === 12 ? 0x51 : byte)))).toBeNull()
  })

  it('is found in a view into a larger buffer', async () => {
    const bytes = await encodeMaskPng(new Mask(4, 5))
    const larger = new Uint8Array(bytes.length + 10)
    larger.set(bytes, 7)
    expect(pngInfo(larger.subarray(7))?.height).toBe(5)
  })
})
