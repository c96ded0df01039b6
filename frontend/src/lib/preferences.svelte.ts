/** How a person likes to work, kept in the browser. */
const KEY = 'groundwork-preferences'

const defaults = {
  theme: 'dark' as 'dark' | 'light',
  overlay: 'outline' as 'outline' | 'fill',
  /** 0..1, of the filled mask. */
  opacity: 0.35,
  invert: false,
  /** Brush diameter as a share of the film's width, so that it fits films of any size. */
  brush: 1 / 32,
  /** Whether a rejected film opens in the editor at once. */
  correctAtOnce: true,
}

export type Preferences = typeof defaults

function read(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>
    return { ...defaults, ...kept }
  } catch {
    return { ...defaults }
  }
}

export const preferences: Preferences = $state(read())

/** Change and keep; a browser without storage keeps it until the page closes. */
export function prefer(change: Partial<Preferences>): void {
  Object.assign(preferences, change)
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences))
  } catch {
    // Private windows may refuse storage; the choice still holds for this page.
  }
}
