import type { Point } from './point'

/** How the film lies on the screen: screen = film * scale + offset, in CSS pixels from the pane's corner. */
export interface View {
  readonly scale: number
  readonly x: number
  readonly y: number
}

/** Width and height: of a film in film pixels, of a pane in CSS pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** Smallest and largest scale, CSS pixels a film pixel. */
export const SCALES = { min: 0.02, max: 64 } as const

/** CSS pixels of the film that stay in sight along each axis. */
const KEPT = 48

/** The view that shows the whole film as large as the pane allows, in its middle. A pane not laid out yet counts as 1 x 1. */
export function fit(film: Size, box: Size): View {
  const scale = Math.min(Math.max(1, box.width) / film.width, Math.max(1, box.height) / film.height)
  return { scale, x: (box.width - film.width * scale) / 2, y: (box.height - film.height * scale) / 2 }
}

/**
 * Zoom by a factor about the screen point (sx, sy), CSS pixels: the film point under it stays under it.
 *
 * The scale keeps within `limits`, CSS pixels a film pixel; at a limit the view does not move.
 */
export function zoomAt(
  view: View,
  factor: number,
  sx: number,
  sy: number,
  limits: { readonly min: number; readonly max: number } = SCALES,
): View {
  const scale = Math.min(limits.max, Math.max(limits.min, view.scale * factor))
  const ratio = scale / view.scale
  return { scale, x: sx - (sx - view.x) * ratio, y: sy - (sy - view.y) * ratio }
}

/** Move the film by that many CSS pixels. */
export function pan(view: View, dx: number, dy: number): View {
  return { scale: view.scale, x: view.x + dx, y: view.y + dy }
}

/** The film point, film pixels, at a screen point in CSS pixels from the pane's corner. */
export function toFilm(view: View, sx: number, sy: number): Point {
  return { x: (sx - view.x) / view.scale, y: (sy - view.y) / view.scale }
}

/** The screen point, CSS pixels from the pane's corner, of a film point in film pixels. */
export function toScreen(view: View, fx: number, fy: number): Point {
  return { x: fx * view.scale + view.x, y: fy * view.scale + view.y }
}

/**
 * The nearest view in which the film cannot get lost: along each axis at least 48 CSS pixels of it stay in the pane,
 * or all of the film or of the pane where that is less.
 */
export function clampView(view: View, film: Size, box: Size): View {
  return {
    scale: view.scale,
    x: clampOffset(view.x, film.width * view.scale, box.width),
    y: clampOffset(view.y, film.height * view.scale, box.height),
  }
}

function clampOffset(offset: number, length: number, room: number): number {
  const kept = Math.min(KEPT, length, room)
  return Math.min(room - kept, Math.max(kept - length, offset))
}
