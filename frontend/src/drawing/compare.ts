import { requireSameSize, type Mask } from './mask'

/** Number of pixels in which two masks of one film differ. Throws RangeError where their sizes differ. */
export function changedPixels(a: Mask, b: Mask): number {
  requireSameSize(a, b)
  const one = a.data
  const other = b.data
  let pixels = 0
  for (let i = 0; i < one.length; i++) pixels += one[i]! ^ other[i]!
  return pixels
}

/**
 * Dice similarity coefficient, 0..1: twice the common foreground over the sum of both.
 *
 * 1 where both masks are empty and 0 where one is, as in the server's metric. Throws RangeError where sizes differ.
 */
export function dice(a: Mask, b: Mask): number {
  requireSameSize(a, b)
  const one = a.data
  const other = b.data
  let common = 0
  let sum = 0
  for (let i = 0; i < one.length; i++) {
    common += one[i]! & other[i]!
    sum += one[i]! + other[i]!
  }
  return sum === 0 ? 1 : (2 * common) / sum
}

/**
 * Where masks of one film disagree: 1 at each pixel that not all of them give the same value, row-major.
 *
 * Throws RangeError where sizes differ or where there is no mask at all.
 */
export function difference(masks: readonly Mask[]): Uint8Array {
  const first = masks[0]
  if (!first) throw new RangeError('a difference needs at least one mask')
  const differs = new Uint8Array(first.data.length)
  for (const mask of masks.slice(1)) {
    requireSameSize(first, mask)
    const one = first.data
    const other = mask.data
    for (let i = 0; i < differs.length; i++) differs[i]! |= one[i]! ^ other[i]!
  }
  return differs
}
