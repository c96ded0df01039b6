/** Whole pixels x0 <= x < x1, y0 <= y < y1; no pixel where a side is zero or negative. */
export interface Rect {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

/** The rectangle without pixels. */
export const EMPTY: Rect = Object.freeze({ x0: 0, y0: 0, x1: 0, y1: 0 })

/** Whether the rectangle holds no pixel. */
export function isEmpty(rect: Rect): boolean {
  return rect.x1 <= rect.x0 || rect.y1 <= rect.y0
}

/** The smallest rectangle that holds both; an empty one adds nothing. */
export function union(a: Rect, b: Rect): Rect {
  if (isEmpty(a)) return isEmpty(b) ? EMPTY : b
  if (isEmpty(b)) return a
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  }
}

/** The part of the rectangle on a film of that many pixels; `EMPTY` where they do not meet. */
export function clip(rect: Rect, width: number, height: number): Rect {
  const clipped = {
    x0: Math.max(0, rect.x0),
    y0: Math.max(0, rect.y0),
    x1: Math.min(width, rect.x1),
    y1: Math.min(height, rect.y1),
  }
  return isEmpty(clipped) ? EMPTY : clipped
}

/** The rectangle with `pixels` more on each of its four sides; an empty one stays empty. */
export function expand(rect: Rect, pixels: number): Rect {
  if (isEmpty(rect)) return EMPTY
  return { x0: rect.x0 - pixels, y0: rect.y0 - pixels, x1: rect.x1 + pixels, y1: rect.y1 + pixels }
}
