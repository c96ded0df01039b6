/** How a film's layers are painted on a canvas whose transform is the film's. */

/** Colours by which a film is multiplied, at film size, and how strongly, 0..1. */
export interface Tint {
  canvas: OffscreenCanvas
  opacity: number
}

/** Grey times colour has the colour's hue and saturation, and the grey as its value. */
export function paintTint(context: CanvasRenderingContext2D, { canvas, opacity }: Tint): void {
  context.globalCompositeOperation = 'multiply'
  context.globalAlpha = opacity
  context.drawImage(canvas, 0, 0)
  context.globalAlpha = 1
  context.globalCompositeOperation = 'source-over'
}

/** A line in a colour with a dark rim; `pixel` is the size of a screen pixel in film pixels. */
export function paintOutline(
  context: CanvasRenderingContext2D,
  outline: Path2D,
  colour: readonly [number, number, number],
  pixel: number,
): void {
  context.lineJoin = 'round'
  context.strokeStyle = 'rgb(0 0 0 / 0.55)'
  context.lineWidth = 3.5 * pixel
  context.stroke(outline)
  context.strokeStyle = `rgb(${colour.join(' ')})`
  context.lineWidth = 1.75 * pixel
  context.stroke(outline)
}
