/** A person's tasks in a project: the one on screen, the next ones ready, the last ones to take back. */
import { api, ApiError, ask, OfflineError, type Receipt, type Task, type TaskKind } from '../api/client'
import { ActiveClock } from './activity'
import { dropNote, noteOf, placeOf } from './drafts'
import { outbox } from './outbox.svelte'
import { dropPast, isFinal, keepPast, MOST_DONE, pastOf, putBack } from './past'
import { session } from './session.svelte'
import type { Done, Entry } from './store'
import { OpenFilm } from './tabs'

const AHEAD = 4
const MOST_AT_ONCE = 10
const HEARTBEAT_MS = 60_000
const ASK_AGAIN_MS = 5000

export type QueueState = 'loading' | 'working' | 'empty' | 'paused' | 'archived' | 'offline' | 'trouble' | 'refused'

export class WorkQueue {
  tasks = $state.raw<Task[]>([])
  state = $state<QueueState>('loading')
  /** What happened, in words for the person; empty where nothing did. */
  notice = $state('')
  done = $state.raw<Done[]>([])
  /** The film on screen is open in another tab of this browser too. */
  elsewhere = $state(false)
  /** The act that was just taken back: its task opens as it was submitted. */
  returned = $state.raw<{ task: string; decision: string } | null>(null)
  /** How many acts the server has recorded in this sitting. */
  received = $state(0)
  /** Seconds of each task of this sitting, for the pace. */
  times = $state.raw<number[]>([])
  readonly clock = new ActiveClock()
  private filling: Promise<void> | null = null
  private undoing: Promise<void> = Promise.resolve()
  private opened = new Set<string>()
  /** Judged on this page, with the moment at which the server had it: older answers may still offer them. */
  private judged = new Map<string, number>()
  /** Tasks that the page itself has put into the queue: they stay, whatever kind is asked for. */
  private called = new Set<string>()
  private timers: ReturnType<typeof setInterval>[] = []
  private stopListening: () => void
  private past: Promise<void>
  private shown = new OpenFilm(session.me?.id ?? '', (elsewhere) => (this.elsewhere = elsewhere))

  constructor(
    readonly project: string,
    private kinds: () => TaskKind[],
    private ready: (task: Task) => void,
    private onReceipt: (entry: Entry, receipt: Receipt) => void,
  ) {
    this.stopListening = outbox.onReceipt((entry, receipt) => this.recorded(entry, receipt))
    this.timers.push(setInterval(() => void this.heartbeat(), HEARTBEAT_MS))
    this.timers.push(setInterval(() => this.state !== 'working' && void this.fill(), ASK_AGAIN_MS))
    this.past = pastOf(session.me?.id ?? '', project).then((past) => {
      this.done = [...past, ...this.done].slice(-MOST_DONE)
    })
    void this.fill()
  }

  get current(): Task | null {
    return this.tasks[0] ?? null
  }

  /** Median seconds of the last twenty tasks, null before the third. */
  get pace(): number | null {
    const last = this.times.slice(-20).sort((a, b) => a - b)
    return last.length < 3 ? null : (last[Math.floor(last.length / 2)] ?? null)
  }

  close(): void {
    this.timers.forEach(clearInterval)
    this.shown.close()
    this.stopListening()
  }

  private recorded(entry: Entry, receipt: Receipt): void {
    if (entry.project !== this.project) return
    this.received += 1
    if (this.judged.has(entry.task)) this.judged.set(entry.task, performance.now())
    if (!receipt.counts && receipt.message) this.notice = receipt.message
    void this.past.then(() => {
      const done = this.done.find((one) => one.key === entry.key)
      if (!done || !receipt.follow_up) return
      done.followUp = receipt.follow_up.id
      void keepPast(done)
    })
    this.onReceipt(entry, receipt)
  }

  /** Ask for tasks until enough are at hand. */
  fill(): Promise<void> {
    this.filling ??= this.ask().finally(() => {
      this.filling = null
    })
    return this.filling
  }

  private async ask(): Promise<void> {
    if (session.ended) return
    const since = performance.now()
    const unsent = new Set(outbox.entries.filter((one) => !one.refused).map((one) => one.task))
    const count = Math.min(MOST_AT_ONCE, AHEAD + unsent.size)
    try {
      const { tasks } = await ask(
        api.POST('/api/projects/{slug}/queue/next', {
          params: { path: { slug: this.project } },
          body: { count, kinds: this.kinds() },
        }),
      )
      const held = new Map(tasks.map((task) => [task.id, task]))
      const stays = (task: Task, i: number): boolean => i === 0 || held.has(task.id) || this.called.has(task.id)
      const kept = this.tasks.filter(stays).map((task) => held.get(task.id) ?? task)
      // An answer may be older than the last verdict: what is judged already is not shown again.
      const judged = (task: Task): boolean => (this.judged.get(task.id) ?? 0) > since
      const known = new Set([...kept.map((task) => task.id), ...unsent])
      this.put([...kept, ...tasks.filter((task) => !known.has(task.id))].filter((task) => !judged(task)))
      this.state = this.tasks.length ? 'working' : 'empty'
    } catch (error) {
      if (session.noticed(error)) return
      if (error instanceof OfflineError) this.state = this.tasks.length ? 'working' : 'offline'
      else if (error instanceof ApiError && (error.code === 'paused' || error.code === 'archived'))
        this.state = error.code
      else if (error instanceof ApiError && error.passing) this.state = this.tasks.length ? 'working' : 'trouble'
      else if (error instanceof ApiError) {
        this.state = 'refused'
        this.notice = error.words
      } else throw error
    }
  }

  private put(tasks: Task[]): void {
    const before = this.tasks[0]?.id
    this.tasks = tasks
    tasks.forEach((task) => this.ready(task))
    const current = tasks[0]
    this.shown.show(current?.id ?? '')
    if (!current || current.id === before) return
    this.clock.reset()
    if (!this.opened.has(current.id)) void this.open(current)
  }

  private async open(task: Task): Promise<void> {
    this.opened.add(task.id)
    try {
      await ask(api.POST('/api/tasks/{task_id}/open', { params: { path: { task_id: task.id } } }))
    } catch (error) {
      this.opened.delete(task.id)
      this.lost(task, error)
    }
  }

  private async heartbeat(): Promise<void> {
    const task = this.current
    if (!task || document.hidden) return
    try {
      await ask(api.POST('/api/tasks/{task_id}/heartbeat', { params: { path: { task_id: task.id } } }))
    } catch (error) {
      this.lost(task, error)
    }
  }

  /** A colleague has the task: tell, and go on. What was drawn stays as a draft and may still be sent as an opinion. */
  private lost(task: Task, error: unknown): void {
    if (session.noticed(error) || !(error instanceof ApiError) || error.passing) return
    if (error.status !== 409 && error.status !== 404) return
    if (!this.tasks.some((one) => one.id === task.id)) return
    this.notice = `${error.message}; the next film is shown`
    this.put(this.tasks.filter((one) => one.id !== task.id))
    void this.fill()
  }

  /**
   * The person has decided on a task: keep the act, show the next film, send. Resolves when the act is kept; null where
   * another task is on screen by now, as keys may come faster than films: nothing is done then.
   */
  submit(
    task: Task,
    act: Entry['act'],
    fields: Record<string, unknown>,
    mask: Uint8Array<ArrayBuffer> | null = null,
  ): Promise<void> | null {
    if (this.current?.id !== task.id || !session.me) return null
    const [user, key, created, seconds] = [session.me.id, crypto.randomUUID(), Date.now(), this.clock.seconds()]
    const start = typeof fields['start'] === 'string' ? fields['start'] : null
    const done: Done = {
      key, user, project: this.project, task, act, decision: String(fields['decision'] ?? act), start, mask, note: null,
      seconds, created, undoKey: crypto.randomUUID(),
    } // prettier-ignore
    for (const old of this.done.slice(0, 1 - MOST_DONE)) void dropPast(old.key)
    this.done = [...this.done.slice(1 - MOST_DONE), done]
    this.times = [...this.times.slice(-199), seconds]
    const entry: Entry = {
      key, user, project: this.project, task: task.id, act, mask, created, refused: '',
      fields: { lease_token: task.lease_token, active_seconds: seconds, ...fields },
    } // prettier-ignore
    // Kept first, shown next: there is no moment in which a decision is neither on screen nor in the outbox.
    const kept = outbox.add(entry)
    this.notice = ''
    this.returned = null
    this.opened.delete(task.id)
    this.called.delete(task.id)
    this.judged.set(task.id, Infinity)
    this.put(this.tasks.slice(1))
    if (!this.tasks.length) this.state = 'loading'
    void kept.then(() => this.fill())
    return Promise.all([kept, this.remember(done)]).then(() => undefined)
  }

  private async remember(done: Done): Promise<void> {
    const place = placeOf(this.project, done.task)
    done.note = await noteOf(place, done.user)
    if (this.done.includes(done)) await keepPast(done)
    if (done.note) await dropNote(place, done.user)
  }

  /** Show a task first that the server has just given: the correction of a rejected film. */
  first(task: Task): void {
    this.judged.delete(task.id)
    this.called.add(task.id)
    this.put([task, ...this.tasks.filter((one) => one.id !== task.id)])
    this.state = 'working'
  }

  /** Show a task after the film that is being looked at, and after others that were called so before. */
  soon(task: Task): void {
    const [current, ...rest] = this.tasks.filter((one) => one.id !== task.id)
    if (!current) return this.first(task)
    const at = rest.findIndex((one) => !this.called.has(one.id))
    this.called.add(task.id)
    this.put([current, ...rest.toSpliced(at < 0 ? rest.length : at, 0, task)])
  }

  /** Take the last act back; it is on screen again, as it was submitted. Asked twice, it takes two back. */
  undo(): Promise<void> {
    this.undoing = this.undoing.then(() => this.takeBack())
    return this.undoing
  }

  private async takeBack(): Promise<void> {
    await this.past
    const last = this.done.at(-1)
    if (!last) {
      this.notice = 'there is nothing to take back'
      return
    }
    let task = last.task
    if (!(await outbox.takeBack(last.key))) {
      this.notice = 'taking it back…'
      await outbox.flush()
      if (outbox.entries.some((entry) => entry.key === last.key)) {
        this.notice = 'this can be taken back when the connection is there again'
        return
      }
      try {
        const params = { path: { task_id: task.id } }
        task = await ask(api.POST('/api/tasks/{task_id}/undo', { params, body: { idempotency_key: last.undoKey } }))
      } catch (error) {
        this.notBack(last, error)
        return
      }
    }
    await putBack(last)
    this.forget(last)
    this.times = this.times.slice(0, -1)
    this.notice = `${last.decision} taken back`
    this.opened.delete(task.id)
    // What came of the act goes with it.
    const came = (one: Task): boolean => one.id === last.followUp || one.image.id === task.image.id
    this.tasks = this.tasks.filter((one) => one.id === task.id || !came(one))
    this.returned = { task: task.id, decision: last.decision }
    this.first(task)
  }

  private notBack(last: Done, error: unknown): void {
    this.notice = ''
    if (session.noticed(error)) return
    if (!(error instanceof ApiError || error instanceof OfflineError)) throw error
    this.notice = `this could not be taken back: ${error instanceof ApiError ? error.words : error.message}`
    // What can never be taken back must not stand before what still can.
    if (error instanceof ApiError && isFinal(error.status, error.code)) this.forget(last)
  }

  private forget(done: Done): void {
    this.done = this.done.filter((one) => one !== done)
    void dropPast(done.key)
  }
}
