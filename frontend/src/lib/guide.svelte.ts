/** The project's drawing guide as a reviewer has it at hand, and whether there is a version that they have not read. */
import { api, ApiError, ask, OfflineError, type Schemas } from '../api/client'

const LOOK_AGAIN_MS = 5 * 60_000

export class DrawingGuide {
  current = $state.raw<Schemas['CurrentGuide'] | null>(null)
  /** The server says that there is none. */
  missing = $state(false)
  /** Why it is not here; empty while it is, or may still come. */
  trouble = $state('')

  /** The newest version that was read here: an answer that was under way meanwhile does not know it yet. */
  private read = 0

  constructor(readonly slug: string) {}

  /** In few words what is new; empty where the newest version was read. */
  get news(): string {
    if (!this.current || this.current.read_version === this.current.version) return ''
    return this.current.read_version
      ? `Drawing guide: version ${this.current.version} is new`
      : 'Read the drawing guide'
  }

  async load(): Promise<void> {
    const params = { path: { slug: this.slug } }
    try {
      // Asked first whether there is one: a browser notes an answer of 404 as a fault, which it is not.
      this.missing = (await ask(api.GET('/api/projects/{slug}', { params }))).guide === null
      const found = this.missing ? null : await ask(api.GET('/api/projects/{slug}/guide', { params }))
      this.current = found && this.read >= found.version ? { ...found, read_version: this.read } : found
      this.trouble = ''
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof OfflineError)) throw error
      // Without a connection the version that is here is better than none.
      this.trouble = error.message
    }
  }

  /** The newest version is before the person's eyes. */
  async markRead(): Promise<void> {
    const guide = this.current
    if (!guide || guide.read_version === guide.version) return
    const params = { path: { slug: this.slug } }
    try {
      await ask(api.POST('/api/projects/{slug}/guide/read', { params, body: { version: guide.version } }))
      this.read = guide.version
      if (this.current?.version === guide.version) this.current = { ...this.current, read_version: guide.version }
    } catch (error) {
      // Then the notice stays, and the next look tries again.
      if (!(error instanceof ApiError || error instanceof OfflineError)) throw error
    }
  }

  /** Look now and every few minutes; returns the way to stop. */
  watch(): () => void {
    void this.load()
    const timer = setInterval(() => !document.hidden && void this.load(), LOOK_AGAIN_MS)
    return () => clearInterval(timer)
  }
}
