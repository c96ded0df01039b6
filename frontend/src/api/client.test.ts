// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { ACT_MS, fetchWithin, OfflineError, send, SilentError } from './client'

/** A server that says nothing, until it is broken off. */
const silent = (_: unknown, init?: RequestInit): Promise<Response> =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))
  })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a request', () => {
  it('ends with words where the server says nothing', async () => {
    vi.stubGlobal('fetch', vi.fn(silent))
    const asked = expect(send('/api/tasks/1/verdict', {})).rejects.toThrow(SilentError)
    await vi.advanceTimersByTimeAsync(ACT_MS - 1)
    await vi.advanceTimersByTimeAsync(2)
    await asked
  })

  it('is not broken off before its time, and not where the answer came', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => new Response('{"act": "1"}', { status: 201 })),
    )
    await expect(send('/api/tasks/1/verdict', {})).resolves.toEqual({ act: '1' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('tells a network that is away from a server that is silent', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => Promise.reject(new TypeError('network'))),
    )
    const failed = await fetchWithin(1000, '/api/me').catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(OfflineError)
    expect(failed).not.toBeInstanceOf(SilentError)
  })
})
