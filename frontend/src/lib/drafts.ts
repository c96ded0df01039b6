/**
 * Drawings, words and marks that are not sent. Each drawing is kept by itself until its person takes it up, throws it
 * away or submits it; where the browser stores nothing it lives as long as the page.
 */
import { type Draft, type Note, stored } from './store'

/** What a person draws on: the film in a project and what is asked of it, whichever task asks. */
export function placeOf(project: string, task: { kind: string; image: { id: string } }): string {
  return `${project} ${task.image.id} ${task.kind}`
}

const unkept = new Map<string, Draft>()
const unkeptNotes = new Map<string, Note>()
/** Drawings that their person left a moment ago: they open by themselves when the person comes back. */
const left = new Set<string>()

/** Keep a drawing as it is now. Raises what the browser says where it stores nothing. */
export async function keepDraft(draft: Draft): Promise<void> {
  unkept.set(draft.id, draft)
  await stored((db) => db.put('drawings', draft))
  unkept.delete(draft.id)
}

/** Forget a drawing: its mask is in the outbox or was thrown away. */
export async function dropDraft(id: string): Promise<void> {
  unkept.delete(id)
  await stored((db) => db.delete('drawings', id)).catch(() => undefined)
}

/** What a person left behind on a place, the newest first; `task` finds what older pages kept. */
export async function draftsOf(place: string, task: string, user: string): Promise<Draft[]> {
  const read = (key: string): Promise<Draft[]> =>
    stored((db) => db.getAllFromIndex('drawings', 'place', key)).catch(() => [])
  const kept = [...(await read(place)), ...(await read(task))].filter((one) => !unkept.has(one.id))
  const held = [...unkept.values()].filter((one) => one.place === place)
  return [...kept, ...held].filter((one) => one.user === user).sort((a, b) => b.saved - a.saved)
}

/** The person leaves a drawing for a moment, or has it back from a submission: next time it opens at once. */
export function leave(place: string): void {
  left.add(place)
}

/** Whether the person left a drawing here a moment ago; asked once. */
export function comesBack(place: string): boolean {
  return left.delete(place)
}

const named = (user: string, place: string): string => `${user} ${place}`

/** Keep words and marks; nothing in them forgets them. */
export async function keepNote(note: Note): Promise<void> {
  const empty = !note.marks.length && Object.values(note.words).every((words) => !words)
  if (empty) return dropNote(note.place, note.user)
  const name = named(note.user, note.place)
  unkeptNotes.set(name, note)
  await stored((db) => db.put('notes', note)).then(
    () => void (unkeptNotes.get(name) === note && unkeptNotes.delete(name)),
    () => undefined,
  )
}

export async function noteOf(place: string, user: string): Promise<Note | null> {
  const held = unkeptNotes.get(named(user, place))
  return held ?? (await stored((db) => db.get('notes', [user, place])).catch(() => undefined)) ?? null
}

export async function dropNote(place: string, user: string): Promise<void> {
  unkeptNotes.delete(named(user, place))
  await stored((db) => db.delete('notes', [user, place])).catch(() => undefined)
}
