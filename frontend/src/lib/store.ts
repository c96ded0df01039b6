/** What the browser keeps over a reload, a crash and a closed tab: unsent work, drafts, and what can be taken back. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'

import type { Task } from '../api/client'

/** An act that a person has done and that the server may not have yet. */
export interface Entry {
  /** The act's idempotency key. */
  key: string
  /** Who did it: another person who signs in on this machine must not send it. */
  user: string
  project: string
  task: string
  act: 'verdict' | 'correction' | 'adjudication' | 'selection' | 'verification' | 'report'
  fields: Record<string, unknown>
  /** PNG of a drawn mask. */
  mask: Uint8Array<ArrayBuffer> | null
  created: number
  /** Words of the server that refused it for good; empty while it waits. */
  refused: string
}

/** A mask that is being drawn; each drawing has its own, so that none is laid over another. */
export interface Draft {
  id: string
  /** What is drawn on, see `drafts.placeOf`: it outlives the task, which may be taken back and asked for anew. */
  place: string
  user: string
  width: number
  height: number
  /** Bit-packed, see `drawing/pack`. */
  bits: Uint8Array<ArrayBuffer>
  start: string | null
  saved: number
}

/** Words and marks that are not sent. */
export interface Note {
  place: string
  user: string
  /** By what they are for: `advise`, `exclude`. */
  words: Record<string, string>
  marks: [number, number][][]
  saved: number
}

/** An act as it was submitted, kept while it may be taken back. */
export interface Done {
  key: string
  user: string
  project: string
  task: Task
  act: Entry['act']
  decision: string
  /** Mask from which the drawing began, where that was not the proposal. */
  start: string | null
  mask: Uint8Array<ArrayBuffer> | null
  /** Words and marks that stood on the page, sent or not. */
  note: Note | null
  seconds: number
  created: number
  /** Task that came of it: it goes when the act is taken back. */
  followUp?: string
  /** Key of the request that takes it back: sent again it counts once. */
  undoKey: string
}

interface Schema extends DBSchema {
  outbox: { key: string; value: Entry }
  drawings: { key: string; value: Draft; indexes: { place: string } }
  notes: { key: [string, string]; value: Note }
  done: { key: string; value: Done; indexes: { person: [string, string] } }
}

/** As drafts were kept before: one a task. */
type OldDraft = Omit<Draft, 'id' | 'place'> & { task: string }

let opened: Promise<IDBPDatabase<Schema>> | null = null

/** Work with the browser's database. Raises what the browser says where it keeps nothing, in private windows say. */
export async function stored<T>(work: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
  return work(await database())
}

async function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= open().catch((error: unknown) => {
    // The next attempt opens anew: a browser that had no room may have some later.
    opened = null
    throw error
  })
  return opened
}

function open(): Promise<IDBPDatabase<Schema>> {
  return new Promise((resolve, reject) => {
    openDB<Schema>('groundwork', 2, {
      async upgrade(db, before, _, transaction) {
        if (before < 1) db.createObjectStore('outbox', { keyPath: 'key' })
        const drawings = db.createObjectStore('drawings', { keyPath: 'id' })
        drawings.createIndex('place', 'place')
        db.createObjectStore('notes', { keyPath: ['user', 'place'] })
        db.createObjectStore('done', { keyPath: 'key' }).createIndex('person', ['user', 'project'])
        if (before < 1) return
        const old = transaction as unknown as { objectStore(name: string): { getAll(): Promise<OldDraft[]> } }
        for (const { task, ...draft } of await old.objectStore('drafts').getAll())
          await drawings.put({ ...draft, id: task, place: task })
        ;(db as unknown as { deleteObjectStore(name: string): void }).deleteObjectStore('drafts')
      },
      // A tab that still runs an older page holds the database as it was: work goes on, and says that nothing is kept.
      blocked: () => reject(new Error('another tab holds an older page of Groundwork: reload it')),
      blocking: (_before, _after, event) => {
        opened = null
        ;(event.target as IDBDatabase).close()
      },
      terminated: () => (opened = null),
    }).then(resolve, reject)
  })
}
