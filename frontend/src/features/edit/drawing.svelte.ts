/** A mask under the hand: tools change it, history takes changes back, each change is kept as a draft. */
import {
  changedPixels,
  dice,
  fillHoles,
  fillPolygon,
  fillRegion,
  grow,
  History,
  isEmpty,
  Mask,
  packMask,
  paintCapsule,
  type Point,
  type Rect,
  removeIsland,
  shrink,
  smooth,
  union,
} from '../../drawing'
import { dropDraft, keepDraft } from '../../lib/drafts'
import type { Draft } from '../../lib/store'
import { timeOf } from '../../lib/when'
import { ShownMask } from '../../viewer/films'

/** A mask that a drawing may begin from. */
export interface Start {
  id: string
  /** As its person is told it: `the start`, `mask 2`. */
  name: string
  shown: ShownMask
}

export type ToolName = 'brush' | 'eraser' | 'polygon' | 'lasso' | 'fill' | 'island'

export class Drawing {
  readonly mask: Mask
  readonly shown: ShownMask
  private history: History
  private stroke: Rect | null = null
  private saving: Promise<unknown> = Promise.resolve()
  /** Counts changes: whoever shows the mask looks at it. */
  revision = $state(0)
  /** Words on the draft: when it was kept, or why it was not. */
  kept = $state('')
  canUndo = $state(false)
  canRedo = $state(false)
  /** Where the drawing began from another start, by the number of steps before it. */
  private begun: { depth: number; start: Start }[] = []
  /** Its draft has a name of its own: what was left here before is not overwritten. */
  private readonly id = crypto.randomUUID()

  constructor(
    readonly place: string,
    readonly user: string,
    width: number,
    height: number,
    readonly first: Start | null,
  ) {
    this.mask = first ? first.shown.mask.clone() : new Mask(width, height)
    this.shown = new ShownMask(this.mask)
    this.history = new History(this.mask)
  }

  /** What the drawing as it is now began from; steps taken back lead back to the start before. */
  get start(): Start | null {
    void this.revision
    return this.begun.findLast((one) => one.depth <= this.history.depth)?.start ?? this.first
  }

  /** Pixels that differ from the start, and the DSC with it; null where the drawing began from nothing. */
  change(): { pixels: number; dsc: number | null } {
    const start = this.start?.shown.mask
    if (!start) return { pixels: this.mask.count(), dsc: null }
    return { pixels: changedPixels(this.mask, start), dsc: dice(this.mask, start) }
  }

  /** A stroke's next piece, from a to b in film pixels. */
  paint(a: Point, b: Point, diameter: number, value: 0 | 1): void {
    const rect = paintCapsule(this.mask, a.x, a.y, b.x, b.y, diameter / 2, value)
    this.touched(rect)
    this.stroke = this.stroke ? union(this.stroke, rect) : rect
  }

  /** The stroke is over: one step back takes all of it. */
  endStroke(): void {
    if (this.stroke) this.commit(this.stroke)
    this.stroke = null
  }

  /** The stroke was none: its pixels are as they were. */
  dropStroke(): void {
    if (!this.stroke) return
    this.touched(this.history.discard(this.stroke))
    this.shown.settled()
    this.stroke = null
    this.revision += 1
  }

  polygon(points: readonly Point[], value: 0 | 1): void {
    this.apply(() => fillPolygon(this.mask, points, value))
  }

  /** Returns whether there was anything to fill or clear. */
  fill(at: Point): boolean {
    if (!this.inside(at)) return false
    const x = Math.floor(at.x)
    const y = Math.floor(at.y)
    return this.apply(() => fillRegion(this.mask, x, y, this.mask.data[y * this.mask.width + x] ? 0 : 1))
  }

  /** Returns whether there was an island. */
  removeIsland(at: Point): boolean {
    return this.inside(at) && this.apply(() => removeIsland(this.mask, Math.floor(at.x), Math.floor(at.y)))
  }

  fillHoles(): void {
    this.apply(() => fillHoles(this.mask))
  }

  smooth(): void {
    this.apply(() => smooth(this.mask, Math.max(2, Math.round(Math.min(this.mask.width, this.mask.height) / 200))))
  }

  grow(pixels: number): void {
    this.apply(() => (pixels > 0 ? grow(this.mask, pixels) : shrink(this.mask, -pixels)))
  }

  /** Go on from another mask, or from nothing; it is a step like any other. */
  replace(other: Mask | null): void {
    this.apply(() => {
      if (other) this.mask.data.set(other.data)
      else this.mask.data.fill(0)
      return { x0: 0, y0: 0, x1: this.mask.width, y1: this.mask.height }
    })
  }

  /** Begin again from a start: what changes from now on is told against it. */
  begin(start: Start): void {
    this.replace(start.shown.mask)
    this.begun = [...this.begun.filter((one) => one.depth < this.history.depth), { depth: this.history.depth, start }]
    this.revision += 1
    this.keep()
  }

  undo(): void {
    this.after(this.history.undo())
  }

  redo(): void {
    this.after(this.history.redo())
  }

  private inside(at: Point): boolean {
    return at.x >= 0 && at.y >= 0 && at.x < this.mask.width && at.y < this.mask.height
  }

  private apply(change: () => Rect): boolean {
    const rect = change()
    this.touched(rect)
    return this.commit(rect)
  }

  private commit(rect: Rect): boolean {
    const before = this.history.depth
    const stepped = this.history.commit(rect)
    if (stepped) {
      // Steps that were undone are forgotten now, and the oldest ones may have gone to make room.
      const lost = before + 1 - this.history.depth
      this.begun = this.begun
        .filter((one) => one.depth <= before)
        .map((one) => ({ ...one, depth: Math.max(0, one.depth - lost) }))
    }
    this.after(rect)
    return stepped
  }

  private after(rect: Rect): void {
    this.touched(rect)
    this.shown.settled()
    this.canUndo = this.history.canUndo
    this.canRedo = this.history.canRedo
    this.revision += 1
    this.keep()
  }

  private touched(rect: Rect): void {
    if (isEmpty(rect)) return
    this.shown.touched(rect)
    this.revision += 1
  }

  private keep(): void {
    const draft: Draft = {
      id: this.id,
      place: this.place,
      user: this.user,
      width: this.mask.width,
      height: this.mask.height,
      bits: packMask(this.mask) as Uint8Array<ArrayBuffer>,
      start: this.start?.id ?? null,
      saved: Date.now(),
    }
    this.saving = this.saving
      .then(() => keepDraft(draft))
      .then(
        () => (this.kept = `draft kept ${timeOf(draft.saved)}`),
        (error: unknown) =>
          (this.kept = `this browser keeps no draft, submit before you close the page (${String(error)})`),
      )
  }

  /** What is kept so far is kept; resolves then. */
  async settled(): Promise<void> {
    await this.saving
  }

  /** It is submitted: its draft goes. */
  async forget(): Promise<void> {
    await this.saving
    await dropDraft(this.id)
  }
}
