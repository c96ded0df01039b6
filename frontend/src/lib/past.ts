/** The last acts of a person in a project, as they were submitted: what Z takes back, over a reload too. */
import { decodeMaskPng, packMask } from '../drawing'
import { keepDraft, keepNote, leave, placeOf } from './drafts'
import { type Done, stored } from './store'

/** So many acts can be taken back; the drawings of older ones are forgotten with them. */
export const MOST_DONE = 50

/** The acts, oldest first; those beyond the bound are cleared away. Empty where the browser stores nothing. */
export async function pastOf(user: string, project: string): Promise<Done[]> {
  const all = await stored((db) => db.getAllFromIndex('done', 'person', [user, project])).catch(() => [])
  all.sort((a, b) => a.created - b.created)
  for (const one of all.slice(0, -MOST_DONE)) await dropPast(one.key)
  return all.slice(-MOST_DONE)
}

/** Keep an act, or what became known of it since. */
export async function keepPast(done: Done): Promise<void> {
  await stored((db) => db.put('done', done)).catch(() => undefined)
}

/** The act was taken back, or can no longer be. */
export async function dropPast(key: string): Promise<void> {
  await stored((db) => db.delete('done', key)).catch(() => undefined)
}

/** What was submitted becomes a draft again, before the task is shown: the page finds it, after a reload too. */
export async function putBack({ project, task, mask: png, note, start, user }: Done): Promise<void> {
  if (note) await keepNote(note)
  if (!png) return
  const mask = await decodeMaskPng(png)
  const { width, height } = mask
  const place = placeOf(project, task)
  const draft = { id: crypto.randomUUID(), place, user, width, height, bits: packMask(mask), start, saved: Date.now() }
  // Where the browser stores nothing the page itself holds it.
  await keepDraft(draft).catch(() => undefined)
  leave(place)
}

/** Codes by which the server says that an act can never be taken back any more. */
const FINAL = new Set(['batch_closed', 'nothing_to_undo'])

/** Whether a refusal to take an act back stands for good. */
export function isFinal(status: number, code: string): boolean {
  return status === 404 || FINAL.has(code)
}
