/** What the sign-in page reads of its address. */

/** A page of this house that the address names, or null: nobody is sent elsewhere after a sign-in. */
export function pageAfter(next: string | null): string | null {
  if (!next?.startsWith('/')) return null
  const url = new URL(next, location.origin)
  return url.origin === location.origin ? url.pathname + url.search : null
}

const WORDS: Record<string, string> = {
  cancelled: 'You did not go through with it. Try again, or sign in by name and password.',
  unverified: 'Your provider vouches for no e-mail address of yours. Sign in by name and password, or ask an admin.',
  unknown: 'You have no account here yet. Ask an admin to make one with your e-mail address.',
  domain: 'Addresses like yours are not let in here. Ask an admin.',
  inactive: 'Your account here is closed. Ask an admin.',
  ambiguous: 'Two accounts here have your e-mail address. Ask an admin to correct one of them.',
  unlinked: 'Your account here is not linked to your provider. Sign in by name and password, or ask an admin.',
  other_identity: 'The account with your e-mail address belongs to another person of your provider. Ask an admin.',
}

/** Why a sign-in by the provider came to nothing, in words; null where none did. */
export function whyNot(reason: string | null): string | null {
  if (!reason) return null
  return WORDS[reason] ?? 'Your provider’s answer could not be used. Try again, or sign in by name and password.'
}
