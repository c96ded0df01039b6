/** When a batch closes whose films are all judged, in words. */
import { timeOf } from './when'

const SOON_MS = 60_000

/** `The batch closes at 20:11; until then acts can be taken back.` Seconds stand where it is less than a minute. */
export function closing(at: string, now = Date.now()): string {
  const left = Date.parse(at) - now
  if (left <= 0) return 'The batch is being closed.'
  const when = left < SOON_MS ? `in ${Math.ceil(left / 1000)} s` : `at ${timeOf(at)}`
  return `The batch closes ${when}; until then acts can be taken back.`
}
