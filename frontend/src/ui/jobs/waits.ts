/** For whom a queued job waits, in words that say what to do. */
import type { Schemas } from '../../api/client'

export type Wait = Schemas['Wait']

/** The platform looks every quarter of a minute; what it said before this long ago is old. */
const SILENT_MS = 120_000

export const START_WORKER = 'celery -A mlbackend.worker.app worker -Q gpu-train,gpu-predict --concurrency 1'
export const START_PLATFORM = 'celery -A annotation.config worker -B -Q platform --concurrency 1'

export interface Words {
  text: string
  /** What somebody at the server types; empty where nobody need. */
  command: string
}

function since(iso: string | null, now: number): string {
  if (!iso) return 'none has ever been seen'
  const minutes = Math.max(1, Math.round((now - Date.parse(iso)) / 60_000))
  if (minutes < 120) return `none has been seen for ${minutes} min`
  return `none has been seen for ${Math.round(minutes / 60)} hours`
}

export function waitInWords(wait: Wait, now: number): Words {
  const behind = wait.ahead ? `behind ${wait.ahead} other ${wait.ahead === 1 ? 'job' : 'jobs'}` : ''
  if (!wait.platform_seen_at || now - Date.parse(wait.platform_seen_at) > SILENT_MS)
    return {
      text: `waits for the platform worker, which hands jobs out: ${since(wait.platform_seen_at, now)}`,
      command: START_PLATFORM,
    }
  if (!wait.workers)
    return {
      text: `waits for a GPU worker: ${since(wait.worker_seen_at, now)}${behind ? `; then it is ${behind}` : ''}`,
      command: START_WORKER,
    }
  return { text: behind ? `waits ${behind}` : 'a worker takes it in a moment', command: '' }
}

/** What a cancelled job leaves, in words; `epochs` are those that it has finished. */
export function keptByCancel(job: Schemas['Job']): string {
  if (job.kind === 'map' || job.kind === 'findings') return 'Nothing of it is kept; it can be asked for again.'
  const progress = job.progress as { done?: number; phase?: string; curve?: unknown[] }
  const again = 'The round stops until you press “Try stage … again” above;'
  if (job.status !== 'running') return `It has not begun. ${again} then it waits for a worker anew.`
  if (job.kind === 'predict')
    return `The masks of finished chunks of films are kept. ${again} then it goes on with the others.`
  const epochs = progress.curve?.length ?? 0
  if (!epochs) return `No epoch is finished yet, so nothing is kept. ${again} then it begins anew.`
  return `The checkpoint after epoch ${epochs} is kept. ${again} then it goes on from there.`
}
