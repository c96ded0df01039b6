import { expect, test } from 'vitest'

import { inOrder, toldAbove } from './order'

test('what runs comes first, then what failed, then what waits, and equals stay as they were', () => {
  const jobs = (['succeeded', 'queued', 'failed', 'running', 'queued'] as const).map((status, i) => ({ status, i }))
  expect(inOrder(jobs).map((job) => job.i)).toEqual([3, 2, 1, 4, 0])
})

test('a reason is told once, whether the page or an earlier job has told it', () => {
  const jobs = [{ error: 'no weights' }, { error: 'no weights' }, { error: '' }, { error: 'no memory' }]
  expect(jobs.map((_, i) => toldAbove(jobs, i, []))).toEqual([false, true, false, false])
  expect(jobs.map((_, i) => toldAbove(jobs, i, ['3 jobs failed: no weights']))).toEqual([true, true, false, false])
})
