/** The REST API, typed by its own schema; every failure is an `ApiError` or an `OfflineError`, and none takes for ever. */
import createClient, { type Middleware } from 'openapi-fetch'

import { idleHeader } from '../lib/idle'
import type { components, paths } from './schema'

export type Schemas = components['schemas']
export type Task = Schemas['Task']
export type TaskKind = Task['kind']
export type Receipt = Schemas['Receipt']
export type Project = Schemas['Project']
export type Me = Schemas['Me']

/** One thing that is wrong with a request. */
export interface Problem {
  message: string
  field?: string
  value?: unknown
  remedy?: string
}

/** What the server says is wrong, in the one shape that all its errors have. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field = '',
    readonly remedy = '',
    readonly value: unknown = undefined,
    /** All that is wrong, where it is more than one thing. */
    readonly problems: readonly Problem[] = [],
  ) {
    super(message)
  }

  /** What is wrong, and what to do. */
  get words(): string {
    return this.remedy ? `${this.message}; ${this.remedy}` : this.message
  }

  /** Whether sending the same again later may help: the server broke, or is too busy. */
  get passing(): boolean {
    return this.status >= 500 || this.status === 429
  }
}

/** The server could not be reached. */
export class OfflineError extends Error {
  constructor(message = 'the server cannot be reached') {
    super(message)
  }
}

/** The server took the request and said nothing for too long: it may have been carried out. */
export class SilentError extends OfflineError {
  constructor() {
    super('the server does not answer')
  }
}

/** An answer that is no success, as an error. */
export function errorOf(status: number, body: unknown): ApiError {
  const error = (body as { error?: Record<string, unknown> } | null)?.error ?? {}
  const text = (key: string, otherwise = ''): string => (typeof error[key] === 'string' ? error[key] : otherwise)
  return new ApiError(
    status,
    text('code', status === 401 ? 'not_authenticated' : 'error'),
    text('message', `the server answered ${status}`),
    text('field'),
    text('remedy'),
    error['value'],
    Array.isArray(error['problems']) ? (error['problems'] as Problem[]) : [],
  )
}

/** Value of the cookie by which Django tells its own pages' requests from others'. */
export function csrfToken(): string {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? ''
}

const csrf: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set('X-CSRFToken', csrfToken())
    for (const [name, value] of Object.entries(idleHeader())) request.headers.set(name, value)
    return request
  },
}

/** How long an act at a film may take; pages that read much have longer. */
export const ACT_MS = 20_000
const PAGE_MS = 60_000
const ACTS = /^\/api\/(me$|tasks\/|projects\/[^/]+\/queue)/

/**
 * Fetch with an end: a request that hangs is broken off, until its answer is there whole. Raises SilentError then, and
 * OfflineError where there is no network.
 */
export async function fetchWithin(
  milliseconds: number,
  request: RequestInfo,
  init: RequestInit = {},
): Promise<Response> {
  const control = new AbortController()
  const timer = setTimeout(() => control.abort(), milliseconds)
  try {
    const response = await fetch(request, { ...init, signal: control.signal })
    const body = response.status === 204 || response.status === 304 ? null : await response.blob()
    return new Response(body, response)
  } catch (error) {
    if (control.signal.aborted) throw new SilentError()
    if (error instanceof TypeError) throw new OfflineError()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

export const api = createClient<paths>({
  baseUrl: '',
  credentials: 'same-origin',
  fetch: (request) => fetchWithin(ACTS.test(new URL(request.url).pathname) ? ACT_MS : PAGE_MS, request),
})
api.use(csrf)

interface Answer<T> {
  data?: T | undefined
  error?: unknown
  response: Response
}

/** The data of an answer. Raises ApiError or OfflineError. */
export async function ask<T>(answer: Promise<Answer<T>>): Promise<T> {
  const got = await answer
  if (!got.response.ok) throw errorOf(got.response.status, got.error)
  return got.data as T
}

/** An act, which the schema does not type: forms with files. Raises ApiError or OfflineError. */
export async function send<T>(path: string, body: FormData | object): Promise<T> {
  const isForm = body instanceof FormData
  const response = await fetchWithin(ACT_MS, path, {
    method: 'POST',
    body: isForm ? body : JSON.stringify(body),
    headers: { 'X-CSRFToken': csrfToken(), ...idleHeader(), ...(isForm ? {} : { 'Content-Type': 'application/json' }) },
  })
  const answer: unknown = response.status === 204 ? null : await response.json().catch(() => null)
  if (!response.ok) throw errorOf(response.status, answer)
  return answer as T
}
