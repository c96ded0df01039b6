import { EMPTY, type Rect } from './rect'

/** Gathers the bounding rectangle of pixels that an operation touches row by row. */
export class Extent {
  private x0 = Infinity
  private y0 = Infinity
  private x1 = -Infinity
  private y1 = -Infinity

  /** Take in the pixels `from` <= x < `to` of row `y`; the span must hold at least one pixel. */
  add(y: number, from: number, to: number): void {
    if (from < this.x0) this.x0 = from
    if (to > this.x1) this.x1 = to
    if (y < this.y0) this.y0 = y
    if (y >= this.y1) this.y1 = y + 1
  }

  /** The rectangle so far; `EMPTY` before the first pixel. */
  rect(): Rect {
    return this.x1 > this.x0 ? { x0: this.x0, y0: this.y0, x1: this.x1, y1: this.y1 } : EMPTY
  }
}
