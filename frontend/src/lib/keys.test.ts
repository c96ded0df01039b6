// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from 'vitest'

import { activeKeys, type Binding, listen } from './keys'

const press = (key: string, type = 'keydown'): boolean => dispatchEvent(new KeyboardEvent(type, { key }))
let stops: (() => void)[] = []
const hear = (list: Binding[]): void => void stops.push(listen(() => list))

afterEach(() => {
  stops.forEach((stop) => stop())
  stops = []
})

describe('a key that is held', () => {
  it('is let go when the window loses the focus, and once only', () => {
    const release = vi.fn()
    hear([{ keys: ['h'], label: 'hide', run: () => undefined, release }])
    press('h')
    dispatchEvent(new Event('blur'))
    press('h', 'keyup')
    expect(release).toHaveBeenCalledOnce()
  })

  it('is let go when the page is hidden', () => {
    const release = vi.fn()
    hear([{ keys: ['Space'], label: 'hide', run: () => undefined, release }])
    press(' ')
    vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
    document.dispatchEvent(new Event('visibilitychange'))
    vi.restoreAllMocks()
    expect(release).toHaveBeenCalledOnce()
  })

  it('does not act as if it had been let go where that would be a choice', () => {
    const [release, lose] = [vi.fn(), vi.fn()]
    hear([{ keys: ['1'], label: 'pick', run: () => undefined, release, lose }])
    press('1')
    dispatchEvent(new Event('blur'))
    expect([release.mock.calls.length, lose.mock.calls.length]).toEqual([0, 1])
  })
})

describe('a button', () => {
  const click = (detail: number): boolean => {
    const button = document.body.appendChild(document.createElement('button'))
    button.focus()
    button.dispatchEvent(new MouseEvent('click', { bubbles: true, detail }))
    const kept = document.activeElement === button
    button.remove()
    return kept
  }

  it('that was clicked lets the focus go, also when one of several lists is no longer listened to', () => {
    hear([])
    hear([])
    stops.pop()!()
    expect(click(1)).toBe(false)
  })

  it('that was pressed by a key keeps the focus', () => {
    hear([])
    expect(click(0)).toBe(true)
  })
})

describe('Alt', () => {
  const alt = (key: string): boolean => dispatchEvent(new KeyboardEvent('keydown', { key, altKey: true }))

  it('with a letter is no key of the page, but the sign that it writes is', () => {
    const [accept, smaller] = [vi.fn(), vi.fn()]
    hear([
      { keys: ['a'], label: 'accept', run: accept },
      { keys: ['['], label: 'smaller', run: smaller },
    ])
    alt('a')
    alt('[')
    expect([accept.mock.calls.length, smaller.mock.calls.length]).toEqual([0, 1])
  })
})

describe('the keys of a page', () => {
  it('are those that act at the moment, each once', () => {
    const own = { keys: ['a'], label: 'accept', run: () => undefined }
    hear([own])
    hear([{ ...own }, { keys: ['?'], label: 'show all keys', run: () => undefined }])
    expect(activeKeys().map((one) => one.label)).toEqual(['accept', 'show all keys'])
    stops.pop()!()
    expect(activeKeys().map((one) => one.label)).toEqual(['accept'])
  })
})
