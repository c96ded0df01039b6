/** The maps of one film: which there are, one that is drawn now, and the one that lies over the film. */
import { api, ApiError, ask, OfflineError, type Schemas } from '../../api/client'
import { session } from '../../lib/session.svelte'
import { loadMap, type ShownMap } from '../../viewer/maps'
import type { Tint } from '../../viewer/paint'

type FilmMap = Schemas['FilmMap']

const LOOK_AGAIN_MS = 1500

/** Whether a worker is still to end it. */
export function isComing(map: FilmMap): boolean {
  return map.job.status === 'created' || map.job.status === 'queued' || map.job.status === 'running'
}

export class FilmMaps {
  known = $state.raw<Schemas['FilmMaps'] | null>(null)
  /** Id of the map that is laid over the film; empty: none. */
  chosen = $state('')
  shown = $state.raw<ShownMap | null>(null)
  opacity = $state(1)
  busy = $state(false)
  trouble = $state('')

  private timer: ReturnType<typeof setTimeout> | undefined
  private over = false

  constructor(
    private readonly slug: string,
    private readonly id: string,
  ) {}

  get tint(): Tint | null {
    return this.shown ? { canvas: this.shown.canvas, opacity: this.opacity } : null
  }

  /** The map that lies over the film. */
  get map(): FilmMap | null {
    return this.known?.maps.find((one) => one.id === this.chosen) ?? null
  }

  async load(): Promise<void> {
    await this.trying(() => this.look())
    clearTimeout(this.timer)
    // Also after a look that failed: the map is drawn meanwhile.
    const coming = this.known?.maps.some(isComing)
    if (!this.over && coming) this.timer = setTimeout(() => void this.load(), LOOK_AGAIN_MS)
  }

  /** Have a network's map drawn; it is laid over the film as soon as it is there. */
  async draw(network: string): Promise<void> {
    this.busy = true
    const asked = await this.trying(async () => {
      const map = await ask(api.POST(this.path, { params: this.params, body: { network } }))
      this.chosen = map.id
      this.shown = null
    })
    if (asked) await this.load()
    this.busy = false
  }

  /** Lay a map over the film, or take it away. */
  async choose(id: string): Promise<void> {
    this.chosen = id
    this.shown = null
    const url = this.map?.probability
    if (!url) return
    await this.trying(async () => {
      const map = await loadMap(url)
      if (this.chosen === id) this.shown = map
    })
  }

  /** The newest map, or none where one is shown. */
  async toggle(): Promise<void> {
    const newest = this.known?.maps.find((one) => one.probability)
    await this.choose(this.chosen ? '' : (newest?.id ?? ''))
  }

  close(): void {
    this.over = true
    clearTimeout(this.timer)
  }

  private readonly path = '/api/projects/{slug}/films/{image_id}/maps' as const

  private get params() {
    return { path: { slug: this.slug, image_id: this.id } }
  }

  private async look(): Promise<void> {
    this.known = await ask(api.GET(this.path, { params: this.params }))
    if (this.chosen && !this.shown && this.map?.probability) void this.choose(this.chosen)
  }

  /** Whether it went well; what did not is in `trouble`. */
  private async trying(act: () => Promise<void>): Promise<boolean> {
    try {
      await act()
      this.trouble = ''
      return true
    } catch (error) {
      if (session.noticed(error)) return false
      if (error instanceof OfflineError) this.trouble = 'The server cannot be reached.'
      else if (error instanceof ApiError) this.trouble = error.words
      else throw error
      return false
    }
  }
}
