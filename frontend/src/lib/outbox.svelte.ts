/**
 * Acts on their way to the server. An act is written to the browser's database before the next film is shown, sent in
 * order, and forgotten when the server has answered: neither a dropped network nor a reload loses one, and its key
 * makes the server count it once however often it is sent.
 */
import { ApiError, OfflineError, type Receipt, send, SilentError } from '../api/client'
import { session } from './session.svelte'
import { type Entry, stored } from './store'

const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 30_000

type Listener = (entry: Entry, receipt: Receipt) => void

class Outbox {
  entries = $state<Entry[]>([])
  /** Whose acts these are; empty until they are read. */
  user = $state('')
  /** Why nothing goes out at the moment; empty while it does. */
  trouble = $state('')
  /** This browser stores nothing: what is unsent lives as long as the page. */
  unkept = $state(false)
  private listeners = new Set<Listener>()
  private running: Promise<void> | null = null
  private wait = FIRST_WAIT_MS
  private timer: ReturnType<typeof setTimeout> | undefined

  get waiting(): Entry[] {
    return this.entries.filter((entry) => entry.user === this.user && !entry.refused)
  }

  get refused(): Entry[] {
    return this.entries.filter((entry) => entry.user === this.user && entry.refused)
  }

  /** Whether closing the page now would lose work. */
  get wouldLose(): boolean {
    return this.unkept && this.entries.some((entry) => !entry.refused)
  }

  /** Take up what an earlier page left behind, beside what this page holds and may have been unable to keep. */
  async open(user: string): Promise<void> {
    const kept = await stored((db) => db.getAll('outbox')).catch(() => this.cannotKeep([]))
    const held = new Set(this.entries.map((entry) => entry.key))
    const left = kept.filter((entry) => entry.user === user && !held.has(entry.key))
    this.entries = [...this.entries, ...left].sort((a, b) => a.created - b.created)
    this.user = user
    void this.flush()
  }

  /** Hear of each receipt; returns the way to stop. */
  onReceipt(listener: Listener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Keep an act and send it. Resolves when it is kept, not when it is sent. */
  async add(entry: Entry): Promise<void> {
    this.entries.push(entry)
    const kept = $state.snapshot(entry) as Entry
    await stored((db) => db.put('outbox', kept)).catch(() => this.cannotKeep(''))
    void this.flush()
  }

  private cannotKeep<T>(instead: T): T {
    this.unkept = true
    return instead
  }

  /** Take an act back that was not sent yet; false where it may be under way or there already. */
  async takeBack(key: string): Promise<boolean> {
    const entry = this.entries.find((one) => one.key === key)
    if (!entry || this.running) return false
    await this.forget(key)
    return true
  }

  /** Throw a refused act away, after its person has read why. */
  async forget(key: string): Promise<void> {
    this.entries = this.entries.filter((one) => one.key !== key)
    await stored((db) => db.delete('outbox', key)).catch(() => this.cannotKeep(undefined))
  }

  /** The person does not want to wait for the next try. */
  sendNow(): Promise<void> {
    this.wait = FIRST_WAIT_MS
    return this.flush()
  }

  /** Send what waits, in order; resolves when nothing waits or something stands in the way. */
  flush(): Promise<void> {
    clearTimeout(this.timer)
    this.running ??= this.sendAll().finally(() => {
      this.running = null
    })
    return this.running
  }

  private async sendAll(): Promise<void> {
    for (let entry = this.waiting[0]; entry; entry = this.waiting[0]) {
      try {
        const receipt = await post(entry)
        this.trouble = ''
        this.wait = FIRST_WAIT_MS
        const sent = $state.snapshot(entry) as Entry
        await this.forget(entry.key)
        this.listeners.forEach((listener) => listener(sent, receipt))
      } catch (error) {
        if (session.noticed(error)) {
          this.trouble = 'your session has ended; sign in again, your work is kept'
          return
        }
        if (error instanceof OfflineError || (error instanceof ApiError && error.passing)) {
          this.trouble = whyNot(error)
          this.timer = setTimeout(() => void this.flush(), this.wait)
          this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2)
          return
        }
        if (!(error instanceof ApiError)) throw error
        entry.refused = error.words
        const told = $state.snapshot(entry) as Entry
        await stored((db) => db.put('outbox', told)).catch(() => this.cannotKeep(''))
      }
    }
  }
}

/** Why an act does not go out, and what becomes of it. */
function whyNot(error: OfflineError | ApiError): string {
  if (error instanceof SilentError) return 'the server does not answer; your work is kept and sent again by itself'
  if (error instanceof OfflineError) return 'no connection; your work is kept and will be sent'
  // What is away or full the server names itself; a proxy before it does not.
  const what = error.status === 503 && error.code !== 'error' ? error.message : 'the server has trouble'
  return `${what}; your work is kept and sent again by itself`
}

function post(entry: Entry): Promise<Receipt> {
  const path = `/api/tasks/${entry.task}/${entry.act}`
  const fields = { ...entry.fields, idempotency_key: entry.key }
  if (!entry.mask) return send<Receipt>(path, fields)
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue
    form.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  form.set('mask', new Blob([entry.mask], { type: 'image/png' }), 'mask.png')
  return send<Receipt>(path, form)
}

export const outbox = new Outbox()
if (typeof window !== 'undefined') {
  window.addEventListener('online', () => void outbox.flush())
  window.addEventListener('beforeunload', (event) => outbox.wouldLose && event.preventDefault())
}
