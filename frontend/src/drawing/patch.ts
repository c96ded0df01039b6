import { bytesFor } from './bits'
import { Extent } from './extent'
import type { Rect } from './rect'

/** The pixels in which two states of a mask differ; applied to either state, it gives the other. */
export interface Patch {
  /** Smallest rectangle that holds all differing pixels. */
  readonly rect: Rect
  /** First and last + 1 differing x of each row of `rect`; equal where a row does not differ. */
  readonly spans: Int32Array
  /** One bit a pixel of each span, 1 where it differs, first pixel in the highest bit; each row starts a byte. */
  readonly bits: Uint8Array
}

/** Memory of a patch's arrays. */
export function patchBytes(patch: Patch): number {
  return patch.spans.byteLength + patch.bits.byteLength
}

/**
 * The patch between two states of a mask `width` pixels wide, or null where they do not differ within `rect`, which
 * must lie on the film.
 */
export function makePatch(before: Uint8Array, after: Uint8Array, width: number, rect: Rect): Patch | null {
  const extent = new Extent()
  const found = new Int32Array(2 * (rect.y1 - rect.y0))
  let length = 0
  for (let y = rect.y0; y < rect.y1; y++) {
    const row = y * width
    let from = rect.x0
    let to = rect.x1
    while (from < to && before[row + from] === after[row + from]) from++
    while (to > from && before[row + to - 1] === after[row + to - 1]) to--
    if (from === to) continue
    extent.add(y, from, to)
    found[2 * (y - rect.y0)] = from
    found[2 * (y - rect.y0) + 1] = to
    length += bytesFor(to - from)
  }
  if (length === 0) return null

  const tight = extent.rect()
  const spans = found.slice(2 * (tight.y0 - rect.y0), 2 * (tight.y1 - rect.y0))
  const bits = new Uint8Array(length)
  let at = 0
  for (let r = 0; r < spans.length / 2; r++) {
    const row = (tight.y0 + r) * width
    const from = spans[2 * r]!
    const to = spans[2 * r + 1]!
    for (let x = from; x < to; x++) {
      const k = x - from
      bits[at + (k >> 3)]! |= (before[row + x]! ^ after[row + x]!) << (7 - (k & 7))
    }
    at += bytesFor(to - from)
  }
  return { rect: tight, spans, bits }
}

/** Flip the patch's pixels in the data of a mask `width` pixels wide. */
export function applyPatch(patch: Patch, data: Uint8Array, width: number): void {
  let at = 0
  for (let r = 0; r < patch.spans.length / 2; r++) {
    const from = patch.spans[2 * r]!
    const to = patch.spans[2 * r + 1]!
    const start = (patch.rect.y0 + r) * width + from
    for (let k = 0; k < to - from; k++) data[start + k]! ^= (patch.bits[at + (k >> 3)]! >> (7 - (k & 7))) & 1
    at += bytesFor(to - from)
  }
}
