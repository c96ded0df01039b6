/** The pictures of one task: nothing of the task before is shown while they load. */
import { session } from '../lib/session.svelte'
import { PictureError, pictures, type ShownFilm, type ShownMask } from './films'

/** A film that takes longer is told to be on its way; a word that flickers would only disturb. */
const SLOW_MS = 300

export class Loaded {
  film = $state.raw<ShownFilm | null>(null)
  masks = $state.raw<ShownMask[]>([])
  /** Why there is no film, or no mask; empty where all is there, or nothing yet. */
  failed = $state('')
  /** What could not be loaded. */
  missing = $state<'film' | 'mask'>('film')
  /** It takes so long that its person is told. */
  slow = $state(false)
  private turn = 0
  private url = ''
  /** Address of the film that has been painted. */
  private painted = $state('')

  /** Whether a person can have seen this film: what was not painted cannot be judged. */
  seen(url: string): boolean {
    return this.painted === url
  }

  /** It is on the screen. */
  shows(film: ShownFilm): void {
    if (film === this.film) this.painted = this.url
  }

  /** Show these; prefetched ones are there within the frame. */
  load(film: string, masks: readonly string[]): void {
    const turn = ++this.turn
    this.url = film
    this.painted = ''
    this.film = null
    this.masks = []
    this.failed = ''
    this.slow = false
    const timer = setTimeout(() => {
      if (turn === this.turn) this.slow = true
    }, SLOW_MS)
    const ofMasks = Promise.all(masks.map((url) => pictures.mask(url)))
    // Where both fail, the film is named: without it nothing can be done.
    this.missing = 'mask'
    const ofFilm = pictures.film(film).catch((error: unknown) => {
      if (turn === this.turn) this.missing = 'film'
      throw error
    })
    Promise.all([ofFilm, ofMasks])
      .finally(() => {
        clearTimeout(timer)
        if (turn === this.turn) this.slow = false
      })
      .then(
        ([gotFilm, gotMasks]) => {
          if (turn !== this.turn) return
          this.film = gotFilm
          this.masks = gotMasks
        },
        (error: unknown) => {
          if (turn !== this.turn) return
          // Whoever signs in again finds the film there.
          if (session.noticed(error)) session.whenBack(() => turn === this.turn && this.load(film, masks))
          else this.failed = error instanceof PictureError ? error.message : String(error)
        },
      )
  }
}
