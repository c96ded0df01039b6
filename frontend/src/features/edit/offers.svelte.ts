/** Drawings that were left on a place: opened at once where their person comes back to one, else offered. */
import { unpackMask } from '../../drawing'
import { comesBack, draftsOf, dropDraft } from '../../lib/drafts'
import type { Draft } from '../../lib/store'
import type { Drawing, Start } from './drawing.svelte'

export class Offers {
  /** The newest first; all stay in the browser until they are taken or refused. */
  all = $state.raw<Draft[]>([])

  constructor(
    private drawing: Drawing,
    task: string,
    private others: readonly Start[],
  ) {
    void this.look(task)
  }

  get first(): Draft | undefined {
    return this.all[0]
  }

  private async look(task: string): Promise<void> {
    const { mask, place, user } = this.drawing
    const left = await draftsOf(place, task, user)
    const here = comesBack(place)
    const fits = left.filter((one) => one.width === mask.width && one.height === mask.height)
    this.all = fits.filter((one) => {
      const other = !unpackMask(one.bits, one.width, one.height).equals(mask)
      // What is on screen as it is has nothing to offer.
      if (!other) void dropDraft(one.id)
      return other
    })
    if (here && this.first === left[0]) this.take()
  }

  /** Go on from the first one; it is a step like any other. */
  take(): void {
    const draft = this.first
    if (!draft) return
    const other = this.others.find((one) => one.id === draft.start)
    if (other) this.drawing.begin(other)
    this.drawing.replace(unpackMask(draft.bits, draft.width, draft.height))
    this.next()
    // The drawing keeps itself under its own name; before it has, the old one stays.
    void this.drawing.settled().then(() => dropDraft(draft.id))
  }

  /** Throw the first one away. */
  refuse(): void {
    const draft = this.first
    this.next()
    if (draft) void dropDraft(draft.id)
  }

  private next(): void {
    this.all = this.all.slice(1)
  }
}
