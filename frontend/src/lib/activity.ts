/** Seconds of active work: pauses and hidden pages do not count. */
const IDLE_AFTER_MS = 30_000

export class ActiveClock {
  private total = 0
  private last = performance.now()
  private touched = performance.now()

  constructor() {
    for (const name of ['pointermove', 'pointerdown', 'keydown', 'wheel']) {
      addEventListener(name, () => this.touch(), { passive: true, capture: true })
    }
    document.addEventListener('visibilitychange', () => this.settle())
  }

  private touch(): void {
    this.settle()
    this.touched = performance.now()
  }

  private settle(): void {
    const now = performance.now()
    if (!document.hidden) this.total += Math.max(0, Math.min(now, this.touched + IDLE_AFTER_MS) - this.last)
    this.last = now
  }

  /** Begin a task. */
  reset(): void {
    this.settle()
    this.total = 0
    this.touched = performance.now()
  }

  /** Active seconds since the task began, at most four hours. */
  seconds(): number {
    this.settle()
    return Math.min(14_400, Math.round(this.total / 10) / 100)
  }
}
