import { describe, expect, test } from 'vitest'

import type { Schemas } from '../../api/client'
import { keptByCancel, START_WORKER, type Wait, waitInWords } from './waits'

const NOW = Date.parse('2026-01-01T12:00:00Z')
const ago = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString()
const wait = (fields: Partial<Wait>): Wait => ({
  ahead: 0,
  workers: 1,
  worker_seen_at: ago(0),
  platform_seen_at: ago(0),
  ...fields,
})

describe('a job that waits says for whom', () => {
  test('for a GPU worker that nobody has seen, with the command that starts one', () => {
    const said = waitInWords(wait({ workers: 0, worker_seen_at: ago(12) }), NOW)
    expect(said).toEqual({ text: 'waits for a GPU worker: none has been seen for 12 min', command: START_WORKER })
    expect(waitInWords(wait({ workers: 0, worker_seen_at: null, ahead: 2 }), NOW).text).toBe(
      'waits for a GPU worker: none has ever been seen; then it is behind 2 other jobs',
    )
  })

  test('behind other jobs, or for a moment only', () => {
    expect(waitInWords(wait({ ahead: 1 }), NOW)).toEqual({ text: 'waits behind 1 other job', command: '' })
    expect(waitInWords(wait({}), NOW).text).toBe('a worker takes it in a moment')
  })

  test('for the platform worker where nobody looks for the others: what is known of them is old', () => {
    expect(waitInWords(wait({ workers: 0, platform_seen_at: ago(300) }), NOW).text).toBe(
      'waits for the platform worker, which hands jobs out: none has been seen for 5 hours',
    )
  })
})

describe('who cancels a job is told what is kept', () => {
  const job = (fields: object): Schemas['Job'] =>
    ({ kind: 'train', status: 'running', progress: {}, ...fields }) as Schemas['Job']

  test('the checkpoint of the last epoch, if there is one', () => {
    expect(keptByCancel(job({ progress: { curve: [1, 2, 3] } }))).toContain('The checkpoint after epoch 3 is kept.')
    expect(keptByCancel(job({}))).toContain('nothing is kept')
    expect(keptByCancel(job({ kind: 'predict' }))).toContain('finished chunks')
    expect(keptByCancel(job({ kind: 'map' }))).toContain('asked for again')
    expect(keptByCancel(job({ status: 'queued' }))).toContain('It has not begun.')
  })
})
