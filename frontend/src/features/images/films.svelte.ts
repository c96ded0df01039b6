/** The films that filters and an order leave: read by pages when their places come into view, kept while near. */
import { SvelteMap } from 'svelte/reactivity'

import { api, ApiError, ask, OfflineError, type Schemas } from '../../api/client'
import { session } from '../../lib/session.svelte'
import type { Asked } from './asked'

export type Card = Schemas['FilmCard']

/** Films a request. */
const PAGE = 100
/** Pages that are kept: some 4,000 films, whatever the project holds. */
const KEPT = 40
/** While the hand scrolls, what is in view is asked for this often: what flew by is not. */
const LOOK_MS = 100
const AT_ONCE = 3

export class Films {
  /** How many there are; null before the first answer. */
  count = $state<number | null>(null)
  trouble = $state('')
  private pages = new SvelteMap<number, readonly Card[]>()
  private asking = new Set<number>()
  /** The hand scrolls faster than anybody looks: nothing is fetched until it slows down. */
  flying = $state(false)
  private place = 0
  private lookedAt = 0
  private near: [first: number, last: number] = [0, 0]
  private timer: ReturnType<typeof setTimeout> | undefined
  private closed = false

  constructor(
    private slug: string,
    private asked: Asked,
  ) {}

  /** The film at a place, or null while it is not read. */
  at(place: number): Card | null {
    return this.pages.get(Math.floor(place / PAGE))?.[place % PAGE] ?? null
  }

  /** Places from first up to and without last are in view. */
  look(first: number, last: number, now = false): void {
    this.near = [Math.floor(first / PAGE), Math.floor(Math.max(first, last - 1) / PAGE)]
    this.place = first
    if (now) this.fill()
    else this.timer ??= setTimeout(() => this.tick(last - first), LOOK_MS)
  }

  /** `window` is the number of places in view: who passes more than a third of them between two looks is flying. */
  private tick(window: number): void {
    this.timer = undefined
    this.flying = 3 * Math.abs(this.place - this.lookedAt) > window
    this.lookedAt = this.place
    if (this.flying) this.timer = setTimeout(() => this.tick(window), LOOK_MS)
    else this.fill()
  }

  /** Read anew what is in view. */
  again(): void {
    this.trouble = ''
    this.pages.clear()
    this.fill()
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
  }

  private fill(): void {
    const [first, last] = this.near
    const ends = Math.ceil((this.count ?? 0) / PAGE)
    // What is in view first, then what comes next on either side.
    const wanted = [...Array.from({ length: last - first + 1 }, (_, i) => first + i), last + 1, first - 1]
    for (const page of wanted) {
      const beyond = page !== first && (page < 0 || page >= ends)
      if (beyond || this.pages.has(page) || this.asking.has(page)) continue
      if (this.asking.size >= AT_ONCE) return
      void this.read(page)
    }
  }

  private async read(page: number): Promise<void> {
    this.asking.add(page)
    const { filters, order } = this.asked
    try {
      const got = await ask(
        api.GET('/api/projects/{slug}/films', {
          params: { path: { slug: this.slug }, query: { ...filters, order, limit: PAGE, offset: page * PAGE } },
        }),
      )
      if (this.closed) return
      this.count = got.count
      this.pages.set(page, got.results)
      this.trouble = ''
      for (const old of this.pages.keys()) {
        if (this.pages.size <= KEPT) break
        if (old < this.near[0] - 1 || old > this.near[1] + 1) this.pages.delete(old)
      }
    } catch (error) {
      if (session.noticed(error)) return
      if (error instanceof OfflineError) this.trouble = 'the server cannot be reached'
      else if (error instanceof ApiError)
        this.trouble = error.remedy ? `${error.message}; ${error.remedy}` : error.message
      else throw error
    } finally {
      this.asking.delete(page)
      if (!this.trouble && !this.closed) this.fill()
    }
  }
}
