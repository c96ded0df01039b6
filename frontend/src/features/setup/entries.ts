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

/** What a choice of protocol changes: its own numbers, and the target where the protocol is meant for one. */
export function followed(
  targets: readonly Schemas['Target'][],
  protocols: readonly Schemas['Protocol'][],
  entries: Entries,
  name: string,
): Partial<Entries> {
  const meant = (protocol: string): string => protocols.find((one) => one.name === protocol)?.target ?? ''
  // A target that came with the protocol before goes with it; one that the person chose stays.
  const left = entries.target === meant(entries.protocol) ? (targets[0]?.name ?? '') : entries.target
  const target = meant(name) || left
  return { protocol: name, chosen: {}, ...(target === entries.target ? {} : aimed(targets, target)) }
}

/** What stands in the form before anybody types. */
export function blank(targets: readonly Schemas['Target'][], protocols: readonly Schemas['Protocol'][]): Entries {
  const first = protocols[0]
  const target = first?.target || (targets[0]?.name ?? '')
  return { name: '', ownSlug: null, ...aimed(targets, target), protocol: first?.name ?? '', seed: '1', chosen: {} }
}
