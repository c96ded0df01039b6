import { Extent } from './extent'
import type { Bit, Mask } from './mask'
import type { Rect } from './rect'

/** Smallest and largest brush diameter, film pixels. */
export const BRUSH_DIAMETERS = { min: 1, max: 200 } as const

/** Lets rounding never drop a pixel before the exact test sees it. */
const SLACK = 1e-9

/**
 * Paint one move of a round brush: every pixel whose centre is at most `radius` from the segment a-b.
 *
 * Coordinates and radius are film pixels, continuous; the segment may lie wholly or partly off the film. A disk of
 * less than half a pixel's diagonal can miss every centre, so such a brush is snapped to the centres of the pixels
 * under a and b: a diameter of 1 paints exactly the pixel under the pointer.
 *
 * Returns the rectangle of painted pixels, `EMPTY` where none is on the film. Throws RangeError for a radius outside
 * 0.5..100 or a coordinate that is not finite.
 */
export function paintCapsule(
  mask: Mask,
  ax: number,
  ay: number,
  bx: number,
  by: number,
  radius: number,
  value: Bit,
): Rect {
  if (!(radius * 2 >= BRUSH_DIAMETERS.min && radius * 2 <= BRUSH_DIAMETERS.max)) {
    throw new RangeError(`a brush is ${BRUSH_DIAMETERS.min} to ${BRUSH_DIAMETERS.max} pixels across; got ${radius * 2}`)
  }
  if (!Number.isFinite(ax + ay + bx + by)) throw new RangeError('brush coordinates must be finite')
  const capsule =
    radius < Math.SQRT1_2
      ? new Capsule(centre(ax), centre(ay), centre(bx), centre(by), radius)
      : new Capsule(ax, ay, bx, by, radius)

  const { data, width, height } = mask
  const extent = new Extent()
  const top = Math.max(0, Math.floor(Math.min(capsule.ay, capsule.by) - radius - 0.5))
  const bottom = Math.min(height - 1, Math.ceil(Math.max(capsule.ay, capsule.by) + radius - 0.5))
  for (let j = top; j <= bottom; j++) {
    const cy = j + 0.5
    if (!capsule.cross(cy)) continue
    let left = Math.max(0, Math.floor(capsule.from - 0.5))
    let right = Math.min(width - 1, Math.ceil(capsule.to - 0.5))
    while (left <= right && !capsule.holds(left + 0.5, cy)) left++
    while (right > left && !capsule.holds(right + 0.5, cy)) right--
    if (left > right) continue
    data.fill(value, j * width + left, j * width + right + 1)
    extent.add(j, left, right + 1)
  }
  return extent.rect()
}

function centre(coordinate: number): number {
  return Math.floor(coordinate) + 0.5
}

/** All points within `radius` of a segment; convex, so a row meets it in one span. */
class Capsule {
  /** Span of the row last given to `cross`, film pixels; up to a rounding error too wide. */
  from = 0
  to = 0
  private readonly dx: number
  private readonly dy: number
  private readonly squared: number
  private readonly reach: number

  constructor(
    readonly ax: number,
    readonly ay: number,
    readonly bx: number,
    readonly by: number,
    private readonly radius: number,
  ) {
    this.dx = bx - ax
    this.dy = by - ay
    this.squared = this.dx * this.dx + this.dy * this.dy
    this.reach = radius * Math.sqrt(this.squared) * (1 + SLACK)
  }

  /** Whether the point is at most `radius` from the segment. */
  holds(px: number, py: number): boolean {
    const along = (px - this.ax) * this.dx + (py - this.ay) * this.dy
    const t = this.squared > 0 ? Math.min(1, Math.max(0, along / this.squared)) : 0
    const ex = px - (this.ax + t * this.dx)
    const ey = py - (this.ay + t * this.dy)
    return ex * ex + ey * ey <= this.radius * this.radius
  }

  /** Put the span of the row at height `cy` into `from` and `to`; false where the row misses the capsule. */
  cross(cy: number): boolean {
    this.from = Infinity
    this.to = -Infinity
    this.crossDisk(this.ax, cy - this.ay)
    this.crossDisk(this.bx, cy - this.by)
    if (this.squared > 0) this.crossBand(cy - this.ay)
    return this.from <= this.to
  }

  private crossDisk(x: number, dy: number): void {
    if (Math.abs(dy) > this.radius + SLACK) return
    const half = Math.sqrt(Math.max(0, this.radius * this.radius - dy * dy))
    this.widen(x - half, x + half)
  }

  /** The rectangle between the two end disks: between its ends along the segment, between its sides across it. */
  private crossBand(e: number): void {
    const { dx, dy, squared, reach } = this
    let low = -Infinity
    let high = Infinity
    if (dx !== 0) {
      const start = (-e * dy) / dx
      const end = (squared - e * dy) / dx
      low = Math.min(start, end)
      high = Math.max(start, end)
    } else if (e * dy < 0 || e * dy > squared) return
    if (dy !== 0) {
      const one = (e * dx - reach) / dy
      const other = (e * dx + reach) / dy
      low = Math.max(low, Math.min(one, other))
      high = Math.min(high, Math.max(one, other))
    } else if (Math.abs(e * dx) > reach) return
    if (low <= high) this.widen(this.ax + low, this.ax + high)
  }

  private widen(from: number, to: number): void {
    if (from < this.from) this.from = from
    if (to > this.to) this.to = to
  }
}
