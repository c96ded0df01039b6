/** What a person fills in for a new project. */
import type { Schemas } from '../../api/client'
import type { Chosen } from './parameters'

export interface Entries {
  name: string
  /** Null: made of the name. */
  ownSlug: string | null
  target: string
  convention: string
  protocol: string
  /** As it is typed. */
  seed: string
  chosen: Chosen
}

/** The target's first convention, with the target. */
export function aimed(targets: readonly Schemas['Target'][], name: string): Pick<Entries, 'target' | 'convention'> {
  return { target: name, convention: targets.find((one) => one.name === name)?.conventions[0]?.name ?? '' }
}

/** What stands in the form before anybody types. */
export function blank(targets: readonly Schemas['Target'][], protocols: readonly Schemas['Protocol'][]): Entries {
  const protocol = protocols[0]?.name ?? ''
  return { name: '', ownSlug: null, ...aimed(targets, targets[0]?.name ?? ''), protocol, seed: '1', chosen: {} }
}
