/** Bytes that hold that many pixels at one bit each. */
export function bytesFor(pixels: number): number {
  return (pixels + 7) >> 3
}

/**
 * Write `count` pixels (0 or 1) of `source` from index `from` as bits into `target` from byte `at`, first pixel in the
 * highest bit; the unused low bits of the last byte are 0.
 */
export function packBits(source: Uint8Array, from: number, count: number, target: Uint8Array, at: number): void {
  const whole = count >> 3
  let i = from
  for (let byte = at; byte < at + whole; byte++, i += 8) {
    target[byte] =
      (source[i]! << 7) |
      (source[i + 1]! << 6) |
      (source[i + 2]! << 5) |
      (source[i + 3]! << 4) |
      (source[i + 4]! << 3) |
      (source[i + 5]! << 2) |
      (source[i + 6]! << 1) |
      source[i + 7]!
  }
  const rest = count & 7
  if (rest === 0) return
  let last = 0
  for (let k = 0; k < rest; k++) last |= source[i + k]! << (7 - k)
  target[at + whole] = last
}

/** Read `count` pixels from the bits of `source`, the inverse of `packBits` from byte 0. */
export function unpackBits(source: Uint8Array, count: number): Uint8Array {
  const pixels = new Uint8Array(count)
  for (let i = 0; i < count; i++) pixels[i] = (source[i >> 3]! >> (7 - (i & 7))) & 1
  return pixels
}
