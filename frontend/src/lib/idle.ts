/** Since when the person has touched nothing: pages ask by themselves too, and that keeps no session alive. */
let touched = Date.now()

for (const name of ['pointermove', 'pointerdown', 'keydown', 'wheel'])
  globalThis.addEventListener?.(name, () => (touched = Date.now()), { passive: true, capture: true })

/** The header that says so. */
export function idleHeader(): Record<string, string> {
  return { 'X-Idle-Seconds': String(Math.max(0, Math.floor((Date.now() - touched) / 1000))) }
}
