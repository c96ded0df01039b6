/** What keeps a mask from being submitted. */

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

/** Why the mask cannot be submitted, with the remedy; empty where it can. */
export function unfit({ count, pixels, open, mayBeEmpty, instead }: Drawn): string {
  if (open) return 'a polygon is open: Enter closes it, Esc throws it away'
  if (count === pixels) return 'the mask covers the whole film'
  if (count || mayBeEmpty) return ''
  if (mayBeEmpty === null) return 'the mask is empty, and whether it may be is still being asked: try again in a moment'
  return `the mask is empty: draw it${instead && `, ${instead}`}`
}
