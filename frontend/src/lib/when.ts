/** Days and times in one form everywhere: in the browser's language, the day by its month's name, 24 hours. */

type Moment = string | number | Date

/** `4 Mar 2026`. */
export function dayOf(at: Moment): string {
  return new Date(at).toLocaleDateString(undefined, { dateStyle: 'medium' })
}

/** `20:11`. */
export function timeOf(at: Moment): string {
  return new Date(at).toLocaleTimeString(undefined, { timeStyle: 'short', hourCycle: 'h23' })
}

/** `4 Mar 2026, 20:11`. */
export function momentOf(at: Moment): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' })
}
