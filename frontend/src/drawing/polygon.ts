import { Extent } from './extent'
import type { Bit, Mask } from './mask'
import type { Point } from './point'
import type { Rect } from './rect'

/** Fill one polygon or lasso; `fillPolygons` of a single one. */
export function fillPolygon(mask: Mask, points: readonly Point[], value: Bit): Rect {
  return fillPolygons(mask, [points], value)
}

/**
 * Fill polygons together by the even-odd rule: every pixel whose centre lies in an odd number of them.
 *
 * Points are film pixels, continuous, and may lie off the film; each polygon closes itself and may cross itself. Of a
 * centre exactly on an edge, the left and upper side counts as inside, so that polygons with a common edge neither
 * overlap nor leave a gap. Fewer than three points fill nothing.
 *
 * Returns the rectangle of filled pixels. Throws RangeError for a coordinate that is not finite.
 */
export function fillPolygons(mask: Mask, polygons: readonly (readonly Point[])[], value: Bit): Rect {
  const { data, width, height } = mask
  const offsets = new Int32Array(height + 1)
  forEachCrossing(polygons, height, (row) => {
    offsets[row + 1]!++
  })
  for (let row = 0; row < height; row++) offsets[row + 1]! += offsets[row]!

  const crossings = new Float64Array(offsets[height]!)
  const next = offsets.slice()
  forEachCrossing(polygons, height, (row, x) => {
    crossings[next[row]!++] = x
  })

  const extent = new Extent()
  for (let row = 0; row < height; row++) {
    const start = offsets[row]!
    const end = offsets[row + 1]!
    if (end - start > 1) crossings.subarray(start, end).sort()
    for (let k = start; k + 1 < end; k += 2) {
      const left = Math.max(0, Math.ceil(crossings[k]! - 0.5))
      const right = Math.min(width, Math.ceil(crossings[k + 1]! - 0.5))
      if (left >= right) continue
      data.fill(value, row * width + left, row * width + right)
      extent.add(row, left, right)
    }
  }
  return extent.rect()
}

/**
 * Call `visit` for each pair of an edge and a row of pixel centres that it crosses.
 *
 * An edge owns its upper and not its lower end, so each row is crossed an even number of times.
 */
function forEachCrossing(
  polygons: readonly (readonly Point[])[],
  height: number,
  visit: (row: number, x: number) => void,
): void {
  for (const points of polygons) {
    if (points.length < 3) continue
    let a = points[points.length - 1]!
    for (const b of points) {
      if (!Number.isFinite(b.x + b.y)) throw new RangeError('polygon coordinates must be finite')
      const upper = a.y < b.y ? a : b
      const lower = a.y < b.y ? b : a
      const first = Math.max(0, Math.ceil(upper.y - 0.5))
      const end = Math.min(height, Math.ceil(lower.y - 0.5))
      const slope = (lower.x - upper.x) / (lower.y - upper.y)
      for (let row = first; row < end; row++) visit(row, upper.x + (row + 0.5 - upper.y) * slope)
      a = b
    }
  }
}
