/** Where the browser has no database, as here, drawings and words live as long as the page. */
import { describe, expect, it } from 'vitest'

import { comesBack, draftsOf, dropDraft, dropNote, keepDraft, keepNote, leave, noteOf, placeOf } from './drafts'
import { encodeMaskPng, Mask, unpackMask } from '../drawing'
import { isFinal, putBack } from './past'
import type { Done } from './store'

const place = placeOf('chest', { kind: 'correction', image: { id: 'film' } })
const draft = (id: string, user: string, saved: number) => ({
  id, place, user, saved, width: 8, height: 1, bits: Uint8Array.of(saved), start: null,
}) // prettier-ignore

describe('drawings that are not submitted', () => {
  it('are kept each by itself, newest first, for their own person alone', async () => {
    for (const one of [draft('first', 'ann', 1), draft('second', 'ann', 2), draft('other', 'bob', 3)])
      await expect(keepDraft(one)).rejects.toThrow()
    expect((await draftsOf(place, 'task', 'ann')).map((one) => one.id)).toEqual(['second', 'first'])
    await dropDraft('second')
    expect((await draftsOf(place, 'task', 'ann')).map((one) => one.id)).toEqual(['first'])
  })

  it('belong to the film and what is asked of it, whichever task asks', () => {
    const again = { kind: 'correction', image: { id: 'film' }, id: 'another task' }
    expect(placeOf('chest', again)).toBe(place)
    expect(placeOf('chest', { ...again, kind: 'verification' })).not.toBe(place)
  })

  it('open by themselves once after their person left them', () => {
    leave(place)
    expect([comesBack(place), comesBack(place)]).toEqual([true, false])
  })
})

describe('words and marks that are not sent', () => {
  it('are there again, and gone when nothing is left of them', async () => {
    const note = { place, user: 'md', words: { advise: 'follow the rib' }, marks: [], saved: 1 }
    await keepNote(note)
    expect(await noteOf(place, 'md')).toEqual(note)
    expect(await noteOf(place, 'ann')).toBeNull()
    await keepNote({ ...note, words: { advise: '' } })
    expect(await noteOf(place, 'md')).toBeNull()
    await keepNote({ ...note, marks: [[[1, 2]]] })
    await dropNote(place, 'md')
    expect(await noteOf(place, 'md')).toBeNull()
  })
})

describe('an act that is taken back', () => {
  it('leaves its mask as a draft that opens by itself, and its words', async () => {
    const mask = new Mask(3, 2, Uint8Array.of(1, 0, 1, 0, 0, 1))
    const task = { id: 't', kind: 'adjudication', image: { id: 'another film' } } as unknown as Done['task']
    const here = placeOf('chest', task)
    const note = { place: here, user: 'md', words: { advise: 'less' }, marks: [], saved: 1 }
    await putBack({
      key: 'k', user: 'md', project: 'chest', task, act: 'adjudication', decision: 'draw', start: null, note,
      mask: await encodeMaskPng(mask), seconds: 1, created: 1, undoKey: 'u',
    }) // prettier-ignore
    const [draft] = await draftsOf(here, 't', 'md')
    expect(unpackMask(draft!.bits, draft!.width, draft!.height).equals(mask)).toBe(true)
    expect(comesBack(here)).toBe(true)
    expect(await noteOf(here, 'md')).toEqual(note)
  })
})

describe('an act that the server does not give back', () => {
  it('is forgotten where that stands for good, and kept where a later try may help', () => {
    expect(isFinal(409, 'batch_closed')).toBe(true)
    expect(isFinal(409, 'nothing_to_undo')).toBe(true)
    expect(isFinal(404, 'not_found')).toBe(true)
    expect(isFinal(409, 'followed_up')).toBe(false)
    expect(isFinal(503, 'error')).toBe(false)
  })
})
