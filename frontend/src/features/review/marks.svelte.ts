/** Marks that an MD draws on a film: polylines in film pixels, seen by whoever corrects the mask. */
import { paintMarks } from '../../viewer/marks'
import type { Tool } from '../../viewer/FilmView.svelte'

/** What the server takes: see the adjudication's schema. */
const MOST_LINES = 200
const MOST_POINTS = 5000

export class MarkTool implements Tool {
  lines = $state.raw<[number, number][][]>([])
  /** Counts changes: whoever shows the marks looks at it. */
  revision = $state(0)
  readonly cursor = 'crosshair'
  private line: [number, number][] | null = null

  /** `changed` hears when a mark is complete or gone. */
  constructor(private changed: () => void) {}

  /** Begin with marks that were left here. */
  begin(lines: [number, number][][]): void {
    this.lines = lines
    this.line = null
    this.revision += 1
  }

  /** Take the last one away. */
  back(): void {
    this.lines = this.lines.slice(0, -1)
    this.revision += 1
    this.changed()
  }

  down(x: number, y: number): void {
    if (this.lines.length >= MOST_LINES) return
    this.line = [[x, y]]
    this.lines = [...this.lines, this.line]
    this.revision += 1
  }

  move(points: { x: number; y: number }[], event: PointerEvent): void {
    if (!this.line || !event.buttons || this.line.length + points.length > MOST_POINTS) return
    this.line.push(...points.map(({ x, y }): [number, number] => [Math.round(x * 10) / 10, Math.round(y * 10) / 10]))
    this.revision += 1
  }

  up(): void {
    if (this.line) this.changed()
    this.line = null
  }

  /** The line was the first finger of two. */
  cancel(): void {
    if (this.line) this.back()
    this.line = null
  }

  paint = (context: CanvasRenderingContext2D, pixel: number): void => paintMarks(context, pixel, this.lines)
}
