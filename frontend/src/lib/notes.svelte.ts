/** Words and marks of a person at one film, before they are sent: kept over a reload, back when an act is taken back. */
import { keepNote, noteOf } from './drafts'
import { session } from './session.svelte'

type Marks = [number, number][][]

export class Notes {
  /** By what they are for. */
  words = $state<Record<string, string>>({})
  private place = ''

  /** Begin at a place; resolves with the marks that were left there, null where the person has gone on meanwhile. */
  async open(place: string): Promise<Marks | null> {
    this.place = place
    this.words = {}
    const note = await noteOf(place, session.me?.id ?? '')
    if (this.place !== place) return null
    this.words = { ...note?.words, ...this.words }
    return note?.marks ?? []
  }

  write(what: string, text: string, marks: Marks = []): void {
    this.words[what] = text
    this.keep(marks)
  }

  keep(marks: Marks): void {
    const words = $state.snapshot(this.words)
    void keepNote({ place: this.place, user: session.me?.id ?? '', words, marks: marks.slice(), saved: Date.now() })
  }
}
