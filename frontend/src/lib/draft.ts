/** What a person has typed and not sent, kept in the browser over a reload and a way back. */
import { session } from './session.svelte'
import { momentOf } from './when'

export interface Kept<T> {
  value: T
  /** When it was typed, as milliseconds. */
  at: number
}

/** Another person who signs in on this machine finds no draft of mine. */
const keyOf = (name: string): string => `groundwork-draft ${session.me?.id ?? ''} ${name}`

/** The draft of a name, or null where there is none that can be read. */
export function draftOf<T>(name: string): Kept<T> | null {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(name)) ?? 'null') as Kept<T> | null
    return kept && typeof kept.at === 'number' ? kept : null
  } catch {
    return null
  }
}

/** Keep a draft; false in a browser that keeps nothing. */
export function keepDraft(name: string, value: unknown): boolean {
  try {
    localStorage.setItem(keyOf(name), JSON.stringify({ value, at: Date.now() }))
    return true
  } catch {
    return false
  }
}

/** It has been sent, or thrown away by the person. */
export function dropDraft(name: string): void {
  try {
    localStorage.removeItem(keyOf(name))
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/** When a draft was typed, in words. */
export const draftTime = (kept: Kept<unknown>): string => momentOf(kept.at)
