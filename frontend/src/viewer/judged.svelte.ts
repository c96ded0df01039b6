import type { Task } from '../api/client'
import { clampView, type Size, type View } from '../drawing/view'
import type { Binding } from '../lib/keys'
import { preferences } from '../lib/preferences.svelte'
import type { Layer } from './FilmView.svelte'
import { filmKeys } from './keys'
import { Loaded } from './loaded.svelte'

/** A task's film with the one mask that is proposed for it, as a person looks at it before deciding. */
export class JudgedFilm {
  readonly pictures = new Loaded()
  hidden = $state(false)
  view = $state.raw<View | null>(null)
  room = $state.raw<Size>({ width: 0, height: 0 })
  readonly #task: () => Task

  constructor(task: () => Task) {
    this.#task = task
  }

  readonly film = $derived.by(() => this.pictures.film)
  readonly mask = $derived.by(() => this.pictures.masks[0])
  /** What was not painted cannot be judged: keys may come faster than films. */
  readonly seen = $derived.by(() => this.pictures.seen(this.#task().image.pixels))
  /** A film that fails to load, or takes its time, can still be excluded or handed on. */
  readonly passable = $derived.by(() => this.seen || this.pictures.failed !== '' || this.pictures.slow)
  readonly layers = $derived.by<Layer[]>(() =>
    this.mask && !this.hidden
      ? [
          {
            mask: this.mask,
            colour: [255, 214, 92],
            mode: preferences.overlay,
            opacity: preferences.opacity,
          },
        ]
      : [],
  )

  readonly load = (): void => {
    const { image, proposal } = this.#task()
    this.pictures.load(image.pixels, proposal ? [proposal.url] : [])
  }

  /** Another task has come. */
  begin(): void {
    this.hidden = false
    this.load()
  }

  keys(ownWindow: () => void): Binding[] {
    return filmKeys({
      hide: (on) => (this.hidden = on),
      fit: () => (this.view = null),
      look: (change) => {
        if (this.view && this.film) this.view = clampView(change(this.view, this.room), this.film, this.room)
      },
      ownWindow,
    })
  }
}
