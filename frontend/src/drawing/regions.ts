import { Extent } from './extent'
import { flood } from './flood'
import type { Bit, Mask } from './mask'
import { EMPTY, type Rect } from './rect'
import { connectRuns, type Runs } from './runs'

/**
 * Give `value` to the region around pixel (x, y): the pixels of the same value that hang together by their sides.
 *
 * x and y are film pixels and rounded down. Returns the rectangle of changed pixels; `EMPTY` off the film and where
 * the pixel has `value` already.
 */
export function fillRegion(mask: Mask, x: number, y: number, value: Bit): Rect {
  return flood(mask, x, y, value, false)
}

/**
 * Remove the island of foreground at pixel (x, y), whose pixels hang together by sides or corners.
 *
 * x and y are film pixels and rounded down. Returns the rectangle of removed pixels; `EMPTY` off the film and on
 * background.
 */
export function removeIsland(mask: Mask, x: number, y: number): Rect {
  return flood(mask, x, y, 0, true)
}

/**
 * Fill every hole: background that no path of side-by-side background pixels joins to the edge of the film.
 *
 * Returns the rectangle of filled pixels.
 */
export function fillHoles(mask: Mask): Rect {
  const { data, width, height } = mask
  const runs = connectRuns(mask, 0, false)
  const open = new Uint8Array(runs.count)
  for (let k = 0; k < runs.count; k++) {
    const start = runs.start[k]!
    const end = runs.end[k]!
    const atEdge = start < width || start >= width * (height - 1) || start % width === 0 || end % width === 0
    if (atEdge) open[runs.root[k]!] = 1
  }
  const extent = new Extent()
  for (let k = 0; k < runs.count; k++) {
    if (open[runs.root[k]!]) continue
    const row = Math.floor(runs.start[k]! / width)
    data.fill(1, runs.start[k]!, runs.end[k]!)
    extent.add(row, runs.start[k]! - row * width, runs.end[k]! - row * width)
  }
  return extent.rect()
}

/**
 * Remove every island of foreground with fewer than `minPixels` pixels (connected by sides or corners).
 *
 * Returns the rectangle of removed pixels. Throws RangeError where `minPixels` is negative or not a number.
 */
export function removeSmall(mask: Mask, minPixels: number): Rect {
  if (!(minPixels >= 0)) throw new RangeError(`minPixels must be 0 or more; got ${minPixels}`)
  if (minPixels <= 1) return EMPTY
  const { data, width } = mask
  const runs = connectRuns(mask, 1, true)
  const pixels = pixelsByRoot(runs)
  const extent = new Extent()
  for (let k = 0; k < runs.count; k++) {
    if (pixels[runs.root[k]!]! >= minPixels) continue
    const row = Math.floor(runs.start[k]! / width)
    data.fill(0, runs.start[k]!, runs.end[k]!)
    extent.add(row, runs.start[k]! - row * width, runs.end[k]! - row * width)
  }
  return extent.rect()
}

/** Number and sizes (pixels) of the islands of foreground, in the order in which reading the rows meets them. */
export function components(mask: Mask): { count: number; sizes: number[] } {
  const runs = connectRuns(mask, 1, true)
  const pixels = pixelsByRoot(runs)
  const sizes: number[] = []
  for (let k = 0; k < runs.count; k++) if (runs.root[k] === k) sizes.push(pixels[k]!)
  return { count: sizes.length, sizes }
}

/** Pixels of each component, at the number of its first run; 0 at all other runs. */
function pixelsByRoot(runs: Runs): Int32Array {
  const pixels = new Int32Array(runs.count)
  for (let k = 0; k < runs.count; k++) pixels[runs.root[k]!]! += runs.end[k]! - runs.start[k]!
  return pixels
}
