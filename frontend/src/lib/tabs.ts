/** The same film open in two tabs of one browser: each is told before the work is done twice. */

interface Said {
  /** Whom it concerns: two people may sign in one after the other. */
  user: string
  tab: string
  task: string
  what: 'opened' | 'have' | 'left'
}

/** What this tab shows, told to the others; `told` hears whether another tab shows the same. */
export class OpenFilm {
  private readonly tab = crypto.randomUUID()
  private readonly channel = new BroadcastChannel('groundwork-open-film')
  private task = ''
  private closed = false
  private others = new Set<string>()

  constructor(
    private user: string,
    private told: (elsewhere: boolean) => void,
  ) {
    this.channel.addEventListener('message', ({ data }: MessageEvent<Said>) => this.hear(data))
    addEventListener('pagehide', this.leave)
  }

  /** The film that is on screen now; empty: none. */
  show(task: string): void {
    // An answer may come after the page has gone.
    if (this.closed || task === this.task) return
    this.leave()
    this.task = task
    if (task) this.say(task, 'opened')
  }

  close(): void {
    this.leave()
    this.closed = true
    removeEventListener('pagehide', this.leave)
    this.channel.close()
  }

  private leave = (): void => {
    if (this.task) this.say(this.task, 'left')
    this.task = ''
    this.others.clear()
    this.told(false)
  }

  private say(task: string, what: Said['what']): void {
    this.channel.postMessage({ user: this.user, tab: this.tab, task, what } satisfies Said)
  }

  private hear({ user, tab, task, what }: Said): void {
    if (user !== this.user || !this.task || task !== this.task) return
    if (what === 'left') this.others.delete(tab)
    else this.others.add(tab)
    if (what === 'opened') this.say(task, 'have')
    this.told(this.others.size > 0)
  }
}
