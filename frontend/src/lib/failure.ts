/** What went wrong, for a page to say beside the field that it concerns. */
import { ApiError, OfflineError, type Problem } from '../api/client'
import { session } from './session.svelte'

export interface Failure {
  message: string
  /** Name of the field as the server writes it; empty where it concerns none. */
  field: string
  value: string
  remedy: string
}

/** A failure in words, or null where the session has ended and a sign-in lies over the page. Rethrows what is a bug. */
export function failureOf(error: unknown): Failure | null {
  if (session.noticed(error)) return null
  if (error instanceof OfflineError)
    return {
      message: error.message,
      field: '',
      value: '',
      remedy: 'what you entered is still here: try again when the network is back',
    }
  if (!(error instanceof ApiError)) throw error
  return inWords(error)
}

function inWords({ message, field = '', value, remedy = '' }: Problem): Failure {
  const shown = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  return { message, field, value: shown, remedy }
}

/** All that is wrong, each thing for its own field; empty where the session has ended. Rethrows what is a bug. */
export function failuresOf(error: unknown): Failure[] {
  if (error instanceof ApiError && error.problems.length) return error.problems.map(inWords)
  const only = failureOf(error)
  return only ? [only] : []
}

/** Header by which a request sent twice counts once. */
export function once(key: string = crypto.randomUUID()): { 'Idempotency-Key': string } {
  return { 'Idempotency-Key': key }
}
