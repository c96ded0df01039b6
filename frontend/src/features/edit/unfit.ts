/** What keeps a mask from being submitted, and what is asked before. */
import type { Mask } from '../../drawing'

export interface Drawn {
  /** Pixels of the mask, and of the film. */
  count: number
  pixels: number
  /** A polygon was begun and not closed. */
  open: boolean
  /** Whether a mask without a pixel may be meant; null: not known yet. */
  mayBeEmpty: boolean | null
  /** What else may be done where nothing can be drawn: `or exclude the film`. */
  instead: string
}

/** What a mask is that may be sent by mistake: as it was proposed, as a mask that was denied, or empty. */
export type Doubt = 'unchanged' | 'denied' | 'nothing'

/**
 * Why a person is asked before the mask goes; null where nothing speaks against it. `denied` are the masks that a
 * drawing may begin from beside its start: each was shown as a candidate, and nobody picked it.
 */
export function doubtOf(mask: Mask, start: Mask | null, denied: readonly Mask[]): Doubt | null {
  if (start && mask.equals(start)) return 'unchanged'
  // A key that was pressed by mistake on a film that nobody drew on must not say that it has nothing to draw.
  if (!start && !mask.count()) return 'nothing'
  return denied.some((one) => mask.equals(one)) ? 'denied' : null
}

/** Why the mask cannot be submitted, with the remedy; empty where it can. */
export function unfit({ count, pixels, open, mayBeEmpty, instead }: Drawn): string {
  if (open) return 'a polygon is open: Enter closes it, Esc throws it away'
  if (count === pixels) return 'the mask covers the whole film'
  if (count || mayBeEmpty) return ''
  if (mayBeEmpty === null) return 'the mask is empty, and whether it may be is still being asked: try again in a moment'
  return `the mask is empty: draw it${instead && `, ${instead}`}`
}
