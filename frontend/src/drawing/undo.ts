import type { Mask } from './mask'
import { applyPatch, makePatch, patchBytes, type Patch } from './patch'
import { clip, EMPTY, type Rect } from './rect'

/**
 * Exact undo and redo of a mask.
 *
 * The editor paints into the mask as it likes and calls `commit` once a stroke or operation is complete. A second
 * copy of the mask, as of the last commit, tells what that step changed, so nothing need be announced beforehand.
 */
export class History {
  private readonly shadow: Uint8Array
  private steps: Patch[] = []
  private done = 0
  private held = 0

  /** The mask as it is now is where undo ends. `limitBytes` bounds the memory of the steps, not of the second copy. */
  constructor(
    private readonly mask: Mask,
    private readonly limitBytes: number = 256 * 1024 * 1024,
  ) {
    this.shadow = mask.data.slice()
  }

  /**
   * Make one step of all changes since the last commit; true where there were any, else no step is made.
   *
   * `dirty` must hold every changed pixel and is the whole film if left out. Steps that were undone are forgotten.
   * Beyond `limitBytes` the oldest steps go, never the newest.
   */
  commit(dirty: Rect = this.mask.whole()): boolean {
    const { data, width, height } = this.mask
    const patch = makePatch(this.shadow, data, width, clip(dirty, width, height))
    if (!patch) return false
    applyPatch(patch, this.shadow, width)
    for (const undone of this.steps.splice(this.done)) this.held -= patchBytes(undone)
    this.steps.push(patch)
    this.held += patchBytes(patch)
    while (this.held > this.limitBytes && this.steps.length > 1) this.held -= patchBytes(this.steps.shift()!)
    this.done = this.steps.length
    return true
  }

  /** Take back the changes in `dirty` that were not committed yet, as for a stroke that was broken off. */
  discard(dirty: Rect = this.mask.whole()): Rect {
    const { data, width, height } = this.mask
    const patch = makePatch(this.shadow, data, width, clip(dirty, width, height))
    if (!patch) return EMPTY
    applyPatch(patch, data, width)
    return patch.rect
  }

  /** Take back the last step; returns the rectangle of changed pixels, `EMPTY` where there is no step. */
  undo(): Rect {
    return this.canUndo ? this.flip(this.steps[--this.done]!) : EMPTY
  }

  /** Make the last undone step again; returns the rectangle of changed pixels, `EMPTY` where there is none. */
  redo(): Rect {
    return this.canRedo ? this.flip(this.steps[this.done++]!) : EMPTY
  }

  /** Whether there is a step to take back. */
  get canUndo(): boolean {
    return this.done > 0
  }

  /** Whether there is an undone step to make again. */
  get canRedo(): boolean {
    return this.done < this.steps.length
  }

  /** Number of steps that can be taken back. */
  get depth(): number {
    return this.done
  }

  /** Memory of all steps, undone ones too. */
  get bytes(): number {
    return this.held
  }

  private flip(patch: Patch): Rect {
    applyPatch(patch, this.mask.data, this.mask.width)
    applyPatch(patch, this.shadow, this.mask.width)
    return patch.rect
  }
}
