/** One key, one act. The same list drives the keyboard, the buttons' titles and the page of all keys. */

export interface Binding {
  /** `KeyboardEvent.key`, letters in lower case; `Mod+z` is Control or Command. */
  keys: readonly string[]
  label: string
  /** Under which heading the page of all keys tells it; none: what the task itself asks for. */
  group?: 'Tools' | 'Film' | 'Page'
  run: (event: KeyboardEvent) => void
  /** Where the key acts on release too: hold to look. */
  release?: () => void
  /** Instead of `release` where the key was not let go but lost, with the window's focus. */
  lose?: () => void
  /** Acts again and again while the key is held. */
  repeats?: boolean
}

/** Name of a key event as bindings write it. */
export function keyName(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const name = key === ' ' ? 'Space' : key
  // AltGr, by which some keyboards write "[", comes as Control and Alt.
  const mod = (event.ctrlKey || event.metaKey) && !event.getModifierState('AltGraph') ? 'Mod+' : ''
  // The shift of "?" or "!" is part of the sign itself.
  const shift = event.shiftKey && (key.length > 1 || /[a-z ]/.test(key)) ? 'Shift+' : ''
  return mod + shift + name
}

const UNWRITTEN = /^(range|checkbox|radio|button|submit|reset|file|color)$/
const SLIDES = /^(Arrow|Page|Home$|End$)/

/** Whether somebody is writing: letters are letters then. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null
  if (!target) return false
  if (target instanceof HTMLInputElement) return !UNWRITTEN.test(target.type)
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)
}

/** Alt with a letter, a digit or a named key is the browser's or the system's; a sign that Alt writes is that sign. */
function isAltChord(event: KeyboardEvent): boolean {
  return event.altKey && !event.getModifierState('AltGraph') && (event.key.length > 1 || /[a-z0-9 ]/i.test(event.key))
}

/** Whether the key works the control that has the focus: a button is pressed, a slider slides. */
export function isControls(event: KeyboardEvent): boolean {
  const target = event.target as Element | null
  const slider = target instanceof HTMLInputElement && target.type === 'range'
  if (event.key === 'Enter' || event.key === ' ')
    return !slider && !!target?.closest?.('button, a[href], summary, input')
  return slider && SLIDES.test(event.key)
}

/** Who clicked with the mouse goes on by keys: the focus must not stay where Enter and Space would press it again. */
function unfocus(event: MouseEvent): void {
  const button = event.detail > 0 ? (event.target as Element | null)?.closest('button') : null
  if (button && !button.closest('dialog')) button.blur()
}

const listening: (() => readonly Binding[])[] = []

/** All keys that act on the page as it is now, each once, in the order in which they were told. */
export function activeKeys(): Binding[] {
  const told = new Set<string>()
  return listening.flatMap((list) => list()).filter((one) => !told.has(one.label) && Boolean(told.add(one.label)))
}

/** Listen to the window; returns the way to stop. `list` is asked at every key, so that it may change. */
export function listen(list: () => readonly Binding[]): () => void {
  const held = new Map<string, Binding>()
  // One for all lists: the window takes the same listener once, and it stays as long as anybody listens.
  if (!listening.length) addEventListener('click', unfocus)
  listening.push(list)
  const down = (event: KeyboardEvent): void => {
    if (isTyping(event) && event.key !== 'Escape') return
    if (isControls(event) || isAltChord(event)) return
    // A dialog has the keyboard to itself.
    if (document.querySelector('dialog[open]')) return
    const name = keyName(event)
    const binding = list().find((one) => one.keys.includes(name))
    if (!binding) return
    event.preventDefault()
    if (event.repeat && !binding.repeats) return
    if (binding.release) held.set(event.key.toLowerCase(), binding)
    binding.run(event)
  }
  const up = (event: KeyboardEvent): void => {
    const binding = held.get(event.key.toLowerCase())
    held.delete(event.key.toLowerCase())
    binding?.release?.()
  }
  // The window hears nothing of a key that is let go elsewhere.
  const away = (): void => {
    const lost = [...held.values()]
    held.clear()
    for (const binding of lost) (binding.lose ?? binding.release)?.()
  }
  const hidden = (): void => {
    if (document.hidden) away()
  }
  addEventListener('keydown', down)
  addEventListener('keyup', up)
  addEventListener('blur', away)
  document.addEventListener('visibilitychange', hidden)
  return () => {
    listening.splice(listening.indexOf(list), 1)
    removeEventListener('blur', away)
    document.removeEventListener('visibilitychange', hidden)
    removeEventListener('keydown', down)
    removeEventListener('keyup', up)
    if (!listening.length) removeEventListener('click', unfocus)
  }
}

/** A key as people read it. */
export function shown(key: string): string {
  const names: Record<string, string> = { Escape: 'Esc', ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' }
  const parts = key.replace('Mod+', 'Ctrl+').split(/\+(?=.)/)
  return parts.map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(' ')
}
