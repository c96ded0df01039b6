/** The pool as it is screened: what is shown, where the cursor stands, what is selected, and what was decided last. */
import { api, ask, type Schemas } from '../../api/client'
import { type Failure, failureOf, once } from '../../lib/failure'

export type Film = Schemas['ScreenedFilm']
export type Page = Schemas['ScreeningPage']
export const FACETS = ['view', 'quality', 'source', 'label'] as const
export type Facet = (typeof FACETS)[number]
/** Facets are absent where they are not asked for; an empty text asks for what is not stated. */
export type Wanted = { state: 'waiting' | 'out' | 'all'; suggestion: string } & Partial<Record<Facet, string>>

const PAGE = 60
const MOST = 5000

export class Screening {
  wanted = $state.raw<Wanted>({ state: 'waiting', suggestion: '' })
  page = $state.raw<Page | null>(null)
  films = $state.raw<Film[]>([])
  cursor = $state(0)
  selected = $state.raw<ReadonlySet<string>>(new Set())
  failure = $state.raw<Failure | null>(null)
  busy = $state(false)
  said = $state('')
  private last: { outcome: 'in' | 'out'; ids: string[]; reasons: Map<string, string> } | null = null
  private turn = 0

  constructor(readonly slug: string) {}

  get current(): Film | null {
    return this.films[this.cursor] ?? null
  }

  /** What an act concerns: the selected films, else the one at the cursor. */
  get concerned(): Film[] {
    if (this.selected.size) return this.films.filter((film) => this.selected.has(film.id))
    return this.current ? [this.current] : []
  }

  get more(): boolean {
    return this.page !== null && this.still < this.page.count
  }

  /** Loaded films that still match; those decided here stay in sight and no longer count. */
  private get still(): number {
    const { state } = this.wanted
    return state === 'all' ? this.films.length : this.films.filter((film) => film.state === state).length
  }

  async filter(change: Partial<Wanted>, drop: readonly Facet[] = []): Promise<void> {
    const all = Object.entries({ ...this.wanted, ...change })
    this.wanted = Object.fromEntries(all.filter(([name]) => !drop.includes(name as Facet))) as Wanted
    this.films = []
    this.page = null
    this.cursor = 0
    this.selected = new Set()
    this.turn++
    await this.load()
  }

  /** The next films of the same kind. */
  async load(limit = PAGE): Promise<void> {
    const turn = this.turn
    await this.run(async () => {
      const page = await this.ask(limit, this.still)
      if (turn !== this.turn) return
      const known = new Set(this.films.map((film) => film.id))
      this.page = page
      this.films = [...this.films, ...page.films.filter((film) => !known.has(film.id))]
    })
  }

  private ask(limit: number, offset: number): Promise<Page> {
    const { state, suggestion, ...facets } = this.wanted
    const query = { state, limit, offset, ...(suggestion ? { suggestion } : {}), ...facets }
    return ask(api.GET('/api/projects/{slug}/screening', { params: { path: { slug: this.slug }, query } }))
  }

  move(to: number, extend = false): void {
    const from = this.cursor
    this.cursor = Math.max(0, Math.min(this.films.length - 1, to))
    if (extend) this.range(from, this.cursor)
  }

  range(from: number, to: number): void {
    const [low, high] = from < to ? [from, to] : [to, from]
    this.selected = new Set([...this.selected, ...this.films.slice(low, high + 1).map((film) => film.id)])
  }

  toggle(id: string): void {
    const next = new Set(this.selected)
    if (!next.delete(id)) next.add(id)
    this.selected = next
  }

  /** Every film that matches, as many as one decision may name. */
  async selectAll(): Promise<void> {
    while (this.more && this.films.length < MOST && !this.failure) await this.load(500)
    this.selected = new Set(this.films.slice(0, MOST).map((film) => film.id))
  }

  async decide(outcome: 'in' | 'out', reason = ''): Promise<void> {
    const films = this.concerned
    const reasons = new Map(films.map((film) => [film.id, film.state === 'out' ? (film.decision?.reason ?? '') : '']))
    const changed = await this.send(
      outcome,
      reason,
      films.map((film) => film.id),
    )
    if (!changed) return
    this.last = { outcome, ids: changed, reasons }
    const many = changed.length === 1 ? '1 film' : `${changed.length} films`
    this.said = outcome === 'out' ? `${many} taken out: ${reason}. Z undoes it.` : `${many} brought back. Z undoes it.`
    if (!this.selected.size) this.move(this.cursor + 1)
    this.selected = new Set()
  }

  /** Takes the last decision back, each film to what it was. */
  async undo(): Promise<void> {
    if (!this.last) return
    const { outcome, ids, reasons } = this.last
    if (outcome === 'out') {
      const before = new Map<string, string[]>()
      for (const id of ids) before.set(reasons.get(id) ?? '', [...(before.get(reasons.get(id) ?? '') ?? []), id])
      for (const [reason, some] of before) if (!(await this.send(reason ? 'out' : 'in', reason, some))) return
    } else {
      for (const reason of new Set(reasons.values())) {
        const some = ids.filter((id) => reasons.get(id) === reason)
        if (some.length && !(await this.send('out', reason, some))) return
      }
    }
    this.last = null
    this.said = `undone for ${ids.length === 1 ? '1 film' : `${ids.length} films`}`
  }

  private async send(outcome: 'in' | 'out', reason: string, images: string[]): Promise<string[] | null> {
    if (!images.length || this.busy) return null
    let changed: string[] | null = null
    await this.run(async () => {
      const params = { path: { slug: this.slug }, header: once() }
      const body = { images, outcome, reason }
      changed = (await ask(api.POST('/api/projects/{slug}/screening', { params, body }))).changed
      const moved = new Set(images)
      const by = ''
      const decision = { outcome, reason, by, at: new Date().toISOString() }
      this.films = this.films.map((film) =>
        moved.has(film.id) ? { ...film, state: outcome === 'out' ? 'out' : 'waiting', decision } : film,
      )
      this.page = { ...(await this.ask(1, 0)), films: [] }
    })
    return changed
  }

  private async run(what: () => Promise<void>): Promise<void> {
    this.busy = true
    this.failure = null
    try {
      await what()
    } catch (error) {
      this.failure = failureOf(error)
    } finally {
      this.busy = false
    }
  }
}
