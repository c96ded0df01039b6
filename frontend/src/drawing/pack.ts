import { bytesFor, packBits, unpackBits } from './bits'
import { Mask } from './mask'

/** The mask at one bit a pixel, row-major without padding between rows, first pixel in the highest bit. */
export function packMask(mask: Mask): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(bytesFor(mask.data.length))
  packBits(mask.data, 0, mask.data.length, packed, 0)
  return packed
}

/**
 * The mask that `packMask` packed. Throws RangeError where `bytes` is not as long as a mask of that size packs to:
 * a draft of another film must not be laid over this one.
 */
export function unpackMask(bytes: Uint8Array, width: number, height: number): Mask {
  const expected = bytesFor(width * height)
  if (bytes.length !== expected) {
    throw new RangeError(`a packed mask of ${width} x ${height} has ${expected} bytes; got ${bytes.length}`)
  }
  return new Mask(width, height, unpackBits(bytes, width * height))
}
