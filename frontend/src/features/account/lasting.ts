/** A length of time as people say it: the largest unit that fits it whole. */
import { counted } from '../../lib/words'

export function lasting(seconds: number): string {
  for (const [size, unit] of [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ] as const)
    if (seconds >= size && seconds % size === 0) return counted(seconds / size, unit)
  return counted(Math.round(seconds), 'second')
}
