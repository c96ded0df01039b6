/** What the pointer does in the editor, tool by tool. */
import type { Point, Rect } from '../../drawing'
import type { Tool } from '../../viewer/FilmView.svelte'
import type { Drawing, ToolName } from './drawing.svelte'

const CLOSE_TO_FIRST_PX = 10

export interface ToolOptions {
  name: () => ToolName
  /** Brush diameter in film pixels. */
  diameter: () => number
  /** Called when something that is painted by the tool itself has moved. */
  repaint: () => void
}

/** The tool of a drawing; it asks for its options at every event, so that keys change it in mid-air. */
export class EditTool implements Tool {
  private last: Point | null = null
  private hover: Point | null = null
  private corners: Point[] = []
  /** Alt, or a pen's eraser end, when the polygon was begun. */
  private cornersErase = false
  private loop: Point[] = []
  private erase = false
  /** What the last press began, where that can still be taken back whole. */
  private began: 'lasso' | 'polygon' | 'step' | null = null

  constructor(
    private drawing: Drawing,
    private options: ToolOptions,
  ) {}

  get cursor(): string {
    return this.options.name() === 'brush' || this.options.name() === 'eraser' ? 'none' : 'crosshair'
  }

  /** Whether a polygon is open; it stays so while other tools are used. */
  get open(): boolean {
    return this.corners.length > 0
  }

  /** Throw an unfinished polygon away; false where there is none. */
  cancel(): boolean {
    const had = this.corners.length > 0
    this.corners = []
    this.options.repaint()
    return had
  }

  /** Take the open polygon's last corner away; false where none is open. */
  back(): boolean {
    if (!this.corners.length || this.options.name() !== 'polygon') return false
    this.corners.pop()
    this.options.repaint()
    return true
  }

  /** Fill the polygon that is being drawn. */
  close(): void {
    if (this.corners.length >= 3) this.drawing.polygon(this.corners, this.cornersErase ? 0 : 1)
    this.cancel()
  }

  down(x: number, y: number, event: PointerEvent): void {
    const at = { x, y }
    this.hover = at
    // Alt turns a tool into its opposite; a pen's eraser end does the same.
    const opposite = event.altKey || (event.buttons & 32) !== 0
    switch (this.options.name()) {
      case 'brush':
      case 'eraser':
        this.erase = (this.options.name() === 'eraser') !== opposite
        this.last = at
        this.drawing.paint(at, at, this.options.diameter(), this.erase ? 0 : 1)
        break
      case 'lasso':
        this.erase = opposite
        this.loop = [at]
        this.began = 'lasso'
        break
      case 'polygon':
        this.cornersErase = opposite
        this.addCorner(at, event)
        break
      case 'fill':
        this.began = this.drawing.fill(at) ? 'step' : null
        break
      case 'island':
        this.began = this.drawing.removeIsland(at) ? 'step' : null
        break
    }
    this.options.repaint()
  }

  private addCorner(at: Point, event: PointerEvent): void {
    const first = this.corners[0]
    const near = first && this.pixel && Math.hypot(first.x - at.x, first.y - at.y) < CLOSE_TO_FIRST_PX * this.pixel
    if (this.corners.length >= 3 && (near || event.detail === 2)) {
      this.close()
      this.began = 'step'
    } else {
      this.corners.push(at)
      this.began = 'polygon'
    }
  }

  private pixel = 0

  move(points: { x: number; y: number }[], event: PointerEvent): void {
    this.hover = points.at(-1) ?? null
    if (event.buttons && this.last) {
      for (const point of points) {
        this.drawing.paint(this.last, point, this.options.diameter(), this.erase ? 0 : 1)
        this.last = point
      }
    } else if (event.buttons && this.loop.length) {
      this.loop.push(...points)
    }
    this.options.repaint()
  }

  up(event: PointerEvent): void {
    if (this.last) this.drawing.endStroke()
    this.last = null
    if (this.loop.length >= 3) this.drawing.polygon(this.loop, this.erase ? 0 : 1)
    this.loop = []
    // A finger that was lifted is nowhere.
    if (event.pointerType === 'touch') this.hover = null
    this.began = null
    this.options.repaint()
  }

  /** What `down` began was the first finger of two, or a palm: it leaves no trace. */
  abandon(): void {
    if (this.last) this.drawing.dropStroke()
    else if (this.began === 'lasso') this.loop = []
    else if (this.began === 'polygon') this.corners.pop()
    else if (this.began === 'step') this.drawing.undo()
    this.last = this.hover = this.began = null
    this.options.repaint()
  }

  /** The ring at the pointer; not known while corners are being set. */
  extent(pixel: number): Rect | null {
    const name = this.options.name()
    if (this.corners.length || this.loop.length || (name !== 'brush' && name !== 'eraser')) return null
    if (!this.hover) return { x0: 0, y0: 0, x1: 0, y1: 0 }
    const { x, y } = this.hover
    const reach = Math.max(this.options.diameter() / 2, pixel) + 3 * pixel
    return { x0: x - reach, y0: y - reach, x1: x + reach, y1: y + reach }
  }

  paint(context: CanvasRenderingContext2D, pixel: number): void {
    this.pixel = pixel
    context.lineWidth = 1.25 * pixel
    const pointed = this.hover && this.options.name() === 'polygon' ? [this.hover] : []
    if (this.corners.length) this.line(context, [...this.corners, ...pointed], this.cornersErase)
    if (this.loop.length) this.line(context, this.loop, this.erase)
    const brush = this.options.name() === 'brush' || this.options.name() === 'eraser'
    if (!brush || !this.hover) return
    for (const [colour, wide] of [
      ['rgb(0 0 0 / 0.7)', 2.5],
      ['#ffffff', 1],
    ] as const) {
      context.strokeStyle = colour
      context.lineWidth = wide * pixel
      context.beginPath()
      context.arc(this.hover.x, this.hover.y, Math.max(this.options.diameter() / 2, pixel), 0, 2 * Math.PI)
      context.stroke()
    }
  }

  private line(context: CanvasRenderingContext2D, points: readonly Point[], erase: boolean): void {
    context.strokeStyle = erase ? '#f0806c' : '#8cc4ff'
    context.beginPath()
    for (const [i, point] of points.entries()) {
      if (i) context.lineTo(point.x, point.y)
      else context.moveTo(point.x, point.y)
    }
    context.stroke()
  }
}
