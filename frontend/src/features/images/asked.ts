/** What the films' browser is asked for; the page's address is where it is kept. */
import type { paths } from '../../api/schema'

export type Filters = NonNullable<paths['/api/projects/{slug}/films/counts']['get']['parameters']['query']>
export type Order = NonNullable<NonNullable<paths['/api/projects/{slug}/films']['get']['parameters']['query']>['order']>
export type FilterName = keyof Filters

export interface Asked {
  filters: Filters
  order: Order
  outline: boolean
}

export const ORDERS: Record<Order, string> = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  worst_quality: 'Worst quality first',
  best_quality: 'Best quality first',
  most_disagreement: 'Most disagreement first',
  least_confidence: 'Least confidence first',
}

export const FILTERS: Record<FilterName, string> = {
  role: 'Role',
  state: 'State',
  split: 'Split',
  label: 'Label',
  view: 'View',
  source: 'Source',
  quality: 'Quality',
  provenance: 'Mask',
  round: 'Round',
}

/** Values as people read them; the others read as they are. */
export const WORDS: Record<string, string> = {
  chosen: 'in a round',
  settled: 'has its mask',
  denied: 'all denied',
  adjudicated: 'accepted by an MD',
  seed: 'seed',
  none: 'none',
}

/** Read an address; what it does not know it leaves out. */
export function read(query: URLSearchParams): Asked {
  const filters: Record<string, string> = {}
  for (const name of Object.keys(FILTERS)) {
    const value = query.get(name)
    if (value) filters[name] = value
  }
  const order = query.get('order') ?? ''
  return {
    filters: filters as Filters,
    order: order in ORDERS ? (order as Order) : 'newest',
    outline: query.get('outline') === '1',
  }
}

/** The query of an address, with its question mark; empty where nothing is asked for. */
export function write(asked: Asked): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(asked.filters)) if (value) query.set(name, value)
  if (asked.order !== 'newest') query.set('order', asked.order)
  if (asked.outline) query.set('outline', '1')
  return query.size ? `?${query}` : ''
}
