/** What an upload may hold, and what became of one that was left alone, in words. */
import type { Schemas } from '../../api/client'
import type { Failure } from '../../lib/failure'

type Limits = Schemas['ImportLimits']

/** An upload during which the page was left. */
export interface Left {
  name: string
  /** 0..1 of the bytes; 1: all was sent. */
  share: number
}

/** `64 MB`, `4 GB`. */
export function bytes(count: number): string {
  for (const [unit, size] of [
    ['GB', 1024 ** 3],
    ['MB', 1024 ** 2],
  ] as const)
    if (count >= size) return `${(count / size).toFixed(1).replace(/\.0$/, '')} ${unit}`
  return `${Math.ceil(count / 1024)} KB`
}

export function limitsInWords(limits: Limits): string {
  const count = limits.files.toLocaleString('en')
  const pixels = Math.round(limits.pixels / 1e6)
  return (
    `A ZIP holds at most ${count} files, each up to ${bytes(limits.file_bytes)}, together up to ` +
    `${bytes(limits.total_bytes)} unpacked; a film has at most ${pixels} million pixels. ` +
    'Whoever runs this installation can change what a file and a film may be.'
  )
}

/** A ZIP that cannot fit is refused before it is sent: an hour of upload would be for nothing. */
export function tooLarge(size: number, limits: Limits): Failure | null {
  if (size <= limits.total_bytes) return null
  return {
    message: `the ZIP has ${bytes(size)}, more than the ${bytes(limits.total_bytes)} allowed`,
    remedy: 'split it, or have it imported on the server as shown beside',
    field: 'file',
    value: '',
  }
}

export function leftInWords(left: Left, when: string): string {
  if (left.share < 1)
    return (
      `You left this page on ${when} when ${Math.floor(100 * left.share)} % of ${left.name} were sent. Nothing of it was ` +
      'imported: choose it again.'
    )
  return (
    `You left this page on ${when} after all of ${left.name} was sent. The server goes on with it alone; what went in ` +
    'stands below, under the earlier imports, once it has finished. Sent again, it adds nothing twice.'
  )
}
