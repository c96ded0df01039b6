/** Lines that an MD drew on a film. */

/** Paint polylines given in film pixels; `pixel` is the size of a screen pixel. */
export function paintMarks(
  context: CanvasRenderingContext2D,
  pixel: number,
  lines: readonly [number, number][][],
): void {
  context.lineWidth = 2 * pixel
  context.lineJoin = 'round'
  context.strokeStyle = '#f0806c'
  for (const line of lines) {
    context.beginPath()
    for (const [i, [x, y]] of line.entries()) {
      if (i) context.lineTo(x, y)
      else context.moveTo(x, y)
    }
    context.stroke()
  }
}
