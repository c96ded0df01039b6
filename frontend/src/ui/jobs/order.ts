/** A round's jobs as one looks for them. */
import type { Schemas } from '../../api/client'

type Job = Schemas['Job']

/** What runs, then what failed, then what waits, then what is over. */
const FIRST: readonly Job['status'][] = ['running', 'failed', 'queued', 'created', 'cancelled', 'succeeded']

export function inOrder<T extends Pick<Job, 'status'>>(jobs: readonly T[]): T[] {
  return jobs.toSorted((a, b) => FIRST.indexOf(a.status) - FIRST.indexOf(b.status))
}

/** Whether the words of a job's failure stand above it already: several jobs often fail for one reason. */
export function toldAbove(jobs: readonly Pick<Job, 'error'>[], i: number, above: readonly string[]): boolean {
  const error = jobs[i]?.error ?? ''
  const before = [...above, ...jobs.slice(0, i).map((job) => job.error)]
  return error !== '' && before.some((words) => words.includes(error))
}
