/** The pages of a project that are fetched when they are opened: reviewers need none of them to see their first film. */
import type { Component } from 'svelte'

import { match } from '../lib/router.svelte'

type Page = Component<{ slug: string; id?: string }>
/** A page that belongs to no project takes nothing of its address. */
type PlainPage = Component<Record<string, never>>

const PLAIN: Record<string, () => Promise<{ default: PlainPage }>> = {
  '/account': () => import('../features/account/AccountPage.svelte'),
  '/new': () => import('../features/setup/NewProject.svelte'),
}
const ROUTES: [pattern: string, page: () => Promise<{ default: Page }>][] = [
  ['/p/:slug', () => import('../features/rounds/ProjectPage.svelte')],
  ['/p/:slug/protocol', () => import('../features/setup/ProtocolPage.svelte')],
  ['/p/:slug/figures', () => import('../features/figures/FiguresPage.svelte')],
  ['/p/:slug/benchmark', () => import('../features/benchmark/BenchmarkPage.svelte')],
  ['/p/:slug/films', () => import('../features/images/Films.svelte')],
  ['/p/:slug/films/:id', () => import('../features/images/Film.svelte')],
  ['/p/:slug/import', () => import('../features/setup/ImportPage.svelte')],
  ['/p/:slug/people', () => import('../features/setup/PeoplePage.svelte')],
  ['/p/:slug/patients', () => import('../features/setup/PatientsPage.svelte')],
  ['/p/:slug/audit', () => import('../features/setup/AuditPage.svelte')],
  ['/p/:slug/guide', () => import('../features/setup/GuidePage.svelte')],
  ['/p/:slug/screening', () => import('../features/setup/ScreeningPage.svelte')],
]

/** A page of a project at a path with what its address says, or null. */
export function routeOf(path: string): { load: () => Promise<{ default: Page }>; slug: string; id?: string } | null {
  for (const [pattern, load] of ROUTES) {
    const found = match(pattern, path)
    if (found?.['slug']) return { load, slug: found['slug'], ...(found['id'] ? { id: found['id'] } : {}) }
  }
  return null
}

/** A page of no project at a path, or null. */
export function plainPageOf(path: string): (() => Promise<{ default: PlainPage }>) | null {
  return PLAIN[path.replace(/\/$/, '')] ?? null
}
