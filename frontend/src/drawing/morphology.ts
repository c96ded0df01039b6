import { Extent } from './extent'
import type { Bit, Mask } from './mask'
import { clip, expand, isEmpty, EMPTY, type Rect } from './rect'

/** Smallest and largest radius of `grow`, `shrink` and `smooth`, whole film pixels. */
export const RADII = { min: 1, max: 20 } as const

/**
 * Grow the foreground by a disk: every pixel at most `pixels` from a foreground pixel, centre to centre, joins it.
 *
 * Nothing grows in from outside the film, which is background. Returns the rectangle of changed pixels. Throws
 * RangeError where `pixels` is not a whole number in 1..20.
 */
export function grow(mask: Mask, pixels: number): Rect {
  requireRadius(pixels)
  return spread(mask, 1, pixels, clip(expand(mask.bounds(), pixels), mask.width, mask.height))
}

/**
 * Shrink the foreground by a disk: every pixel at most `pixels` from a background pixel, centre to centre, leaves it.
 *
 * Outside the film is background, so foreground also draws back from the film's edge. Returns the rectangle of
 * changed pixels. Throws RangeError where `pixels` is not a whole number in 1..20.
 */
export function shrink(mask: Mask, pixels: number): Rect {
  requireRadius(pixels)
  return spread(mask, 0, pixels, mask.bounds())
}

/**
 * Smooth the outline: each pixel takes the value of most pixels in the square of 2 `radius` + 1 around it.
 *
 * Only pixels on the film are counted, so foreground that runs off the film stays at its edge; a tie, possible only
 * there, changes nothing. Returns the rectangle of changed pixels. Throws RangeError where `radius` is not a whole
 * number in 1..20.
 */
export function smooth(mask: Mask, radius: number): Rect {
  requireRadius(radius)
  const { data, width, height } = mask
  const window = clip(expand(mask.bounds(), radius), width, height)
  if (isEmpty(window)) return EMPTY
  const { x0, y0, x1, y1 } = window
  const columns = x1 - x0
  const before = data.slice()
  // Beyond the window lies no foreground: the margins of `sums` stay 0.
  const sums = new Int32Array(columns + 2 * radius + 1)
  const addRow = (y: number, sign: number): void => {
    if (y < y0 || y >= y1) return
    const row = y * width + x0
    for (let k = 0; k < columns; k++) sums[k + radius]! += sign * before[row + k]!
  }
  for (let y = y0 - radius; y < y0 + radius; y++) addRow(y, 1)
  const breadths = Int32Array.from(
    { length: columns },
    (_, k) => Math.min(width - 1, x0 + k + radius) - Math.max(0, x0 + k - radius) + 1,
  )

  const extent = new Extent()
  for (let y = y0; y < y1; y++) {
    addRow(y + radius, 1)
    const rows = Math.min(height - 1, y + radius) - Math.max(0, y - radius) + 1
    let sum = 0
    for (let k = 0; k < 2 * radius; k++) sum += sums[k]!
    for (let k = 0; k < columns; k++) {
      sum += sums[k + 2 * radius]!
      const excess = 2 * sum - rows * breadths[k]!
      const i = y * width + x0 + k
      if (before[i] ? excess < 0 : excess > 0) {
        data[i]! ^= 1
        extent.add(y, x0 + k, x0 + k + 1)
      }
      sum -= sums[k]!
    }
    addRow(y - radius, -1)
  }
  return extent.rect()
}

function requireRadius(pixels: number): void {
  if (!Number.isInteger(pixels) || pixels < RADII.min || pixels > RADII.max) {
    throw new RangeError(`a radius is a whole number of pixels in ${RADII.min}..${RADII.max}; got ${pixels}`)
  }
}

/**
 * Give `target` to every pixel of the window that is at most `radius` from a pixel with `target`.
 *
 * Exact: the distance to the nearest target within the column, then along each row the farthest reach of the disks
 * around those. All around the window counts as background; the caller makes it wide enough for that to be true.
 */
function spread(mask: Mask, target: Bit, radius: number, window: Rect): Rect {
  if (isEmpty(window)) return EMPTY
  const { data, width } = mask
  const { x0, y0, x1, y1 } = window
  const columns = x1 - x0
  const distances = columnDistances(mask, target, radius, window)
  // By how far along the row a target at that distance in the column reaches; -1: not even to its own column.
  const reaches = Int32Array.from({ length: radius + 2 }, (_, d) =>
    d > radius ? -1 : Math.floor(Math.sqrt(radius * radius - d * d)),
  )
  const besides = target === 0 ? radius : -1
  const extent = new Extent()
  for (let y = y0; y < y1; y++) {
    const row = y * width + x0
    const line = (y - y0) * columns
    let first = columns
    let last = -1
    let reached = besides - 1
    for (let k = 0; k < columns; k++) {
      const reach = k + reaches[distances[line + k]!]!
      if (reach > reached) reached = reach
      if (reached < k || data[row + k] === target) continue
      data[row + k] = target
      if (k < first) first = k
      last = k
    }
    reached = columns - besides
    for (let k = columns - 1; k >= 0; k--) {
      const reach = k - reaches[distances[line + k]!]!
      if (reach < reached) reached = reach
      if (reached > k || data[row + k] === target) continue
      data[row + k] = target
      if (k < first) first = k
      if (k > last) last = k
    }
    if (last >= 0) extent.add(y, x0 + first, x0 + last + 1)
  }
  return extent.rect()
}

/** Rows to the nearest `target` in the same column, window pixel by window pixel; `radius` + 1 where it is farther. */
function columnDistances(mask: Mask, target: Bit, radius: number, window: Rect): Uint8Array {
  const { data, width } = mask
  const { x0, y0, x1, y1 } = window
  const columns = x1 - x0
  const rows = y1 - y0
  const far = radius + 1
  const outside = target === 0 ? 0 : far
  const distances = new Uint8Array(columns * rows)
  const nearest = new Uint8Array(columns).fill(outside)
  for (let r = 0; r < rows; r++) {
    const row = (y0 + r) * width + x0
    for (let k = 0; k < columns; k++) {
      const distance = data[row + k] === target ? 0 : Math.min(far, nearest[k]! + 1)
      nearest[k] = distance
      distances[r * columns + k] = distance
    }
  }
  nearest.fill(outside)
  for (let r = rows - 1; r >= 0; r--) {
    for (let k = 0; k < columns; k++) {
      const i = r * columns + k
      const distance = Math.min(distances[i]!, nearest[k]! + 1)
      nearest[k] = distance
      distances[i] = distance
    }
  }
  return distances
}
