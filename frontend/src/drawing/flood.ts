import { Extent } from './extent'
import type { Bit, Mask } from './mask'
import { EMPTY, type Rect } from './rect'

/**
 * Give `value` to the connected pixels that share the value of pixel (x, y).
 *
 * `diagonal` joins pixels at their corners too (8-connected), else at their sides only (4-connected). x and y are film
 * pixels and rounded down. Returns the rectangle of changed pixels: `EMPTY` off the film and where the pixel has
 * `value` already.
 */
export function flood(mask: Mask, x: number, y: number, value: Bit, diagonal: boolean): Rect {
  const { data, width, height } = mask
  const column = Math.floor(x)
  const line = Math.floor(y)
  if (!(column >= 0 && column < width && line >= 0 && line < height)) return EMPTY
  const start = line * width + column
  if (data[start] === value) return EMPTY

  const reach = diagonal ? 1 : 0
  const extent = new Extent()
  const seeds = [start]

  /** One seed a run is enough: the run grows to its full length when the seed's turn comes. */
  const seedRuns = (from: number, to: number): void => {
    let inside = false
    for (let i = from; i < to; i++) {
      const hit = data[i] !== value
      if (hit && !inside) seeds.push(i)
      inside = hit
    }
  }

  for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) {
    if (data[seed] === value) continue
    const row = Math.floor(seed / width)
    const first = row * width
    const end = first + width
    let left = seed
    let right = seed + 1
    while (left > first && data[left - 1] !== value) left--
    while (right < end && data[right] !== value) right++
    data.fill(value, left, right)
    extent.add(row, left - first, right - first)
    const from = Math.max(first, left - reach)
    const to = Math.min(end, right + reach)
    if (row > 0) seedRuns(from - width, to - width)
    if (row + 1 < height) seedRuns(from + width, to + width)
  }
  return extent.rect()
}
