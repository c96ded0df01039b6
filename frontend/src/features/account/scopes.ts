/** What a token may be used for, in words. */
import type { Schemas } from '../../api/client'

export type Scope = NonNullable<Schemas['TokenCreateRequest']['scopes']>[number]

export const SCOPES: readonly { scope: Scope; name: string; does: string }[] = [
  { scope: 'read', name: 'Read', does: 'see projects, films, masks and figures' },
  { scope: 'review', name: 'Review', does: 'take tasks and submit acts; needs Read for the films' },
  { scope: 'export', name: 'Export', does: 'freeze and download dataset versions and benchmark reports' },
  { scope: 'admin', name: 'Administer', does: 'set up, import, start and stop, manage people' },
]

export const LASTS: readonly { days: number | null; name: string }[] = [
  { days: 7, name: 'a week' },
  { days: 30, name: '30 days' },
  { days: 90, name: '90 days' },
  { days: 365, name: 'a year' },
  { days: null, name: 'until it is revoked' },
]

/** Names of a token's scopes. */
export function inWords(scopes: readonly Scope[]): string {
  return SCOPES.filter((one) => scopes.includes(one.scope))
    .map((one) => one.name)
    .join(', ')
}
