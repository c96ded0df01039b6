/** An import that is under way goes on while the admin looks at other pages, and is found again on its own. */
import { ApiError, OfflineError, type Schemas } from '../../api/client'
import { draftOf, draftTime, dropDraft, keepDraft } from '../../lib/draft'
import { type Failure, failureOf, once } from '../../lib/failure'
import { session } from '../../lib/session.svelte'
import { type Left, leftInWords } from './limits'
import { StoppedError, type Upload, upload } from './upload'

type Report = Schemas['ImportReport']

const told = (message: string, remedy: string): Failure => ({ message, remedy, field: '', value: '' })

function stay(event: BeforeUnloadEvent): void {
  event.preventDefault()
}

export class Import {
  running = $state.raw<Upload<Report> | null>(null)
  share = $state(0)
  failure = $state.raw<Failure | null>(null)
  report = $state.raw<Report | null>(null)
  /** How many have ended here, well or not. */
  ended = $state(0)
  /** What became of an upload during which the browser's page was closed. */
  left = $state('')
  private readonly note: string

  constructor(private readonly slug: string) {
    this.note = `import ${slug}`
    const before = draftOf<Left>(this.note)
    if (before) this.left = leftInWords(before.value, draftTime(before))
  }

  /** Sends the form; true where the server has answered with a report. */
  async send(form: FormData, name: string, key: string): Promise<boolean> {
    this.failure = this.report = null
    this.share = 0
    this.left = ''
    keepDraft(this.note, { name, share: 0 })
    addEventListener('beforeunload', stay)
    this.running = upload<Report>(`/api/projects/${this.slug}/imports`, form, once(key), (now) => {
      // Kept now and then: who closes the page is told how far it had got.
      if (now === 1 || Math.floor(20 * now) > Math.floor(20 * this.share)) keepDraft(this.note, { name, share: now })
      this.share = now
    })
    try {
      this.report = await this.running.done
      return true
    } catch (error) {
      this.failure = this.inWords(error)
      return false
    } finally {
      removeEventListener('beforeunload', stay)
      dropDraft(this.note)
      this.running = null
      this.ended += 1
    }
  }

  private inWords(error: unknown): Failure | null {
    if (error instanceof StoppedError) return told('you stopped the upload', 'send it again when you like')
    if (error instanceof OfflineError)
      return told(
        this.share < 1 ? 'the upload broke off: the server cannot be reached' : 'the answer was lost on its way',
        'what you chose is still here: send it again; films that went in already are not imported twice',
      )
    if (error instanceof ApiError && error.code === 'in_progress')
      return told(
        'the server still works on what you sent',
        'send it again in a minute: you will get its report, nothing is imported twice',
      )
    if (error instanceof ApiError && error.status === 413)
      return told('the ZIP is larger than the server takes', 'split it, or import on the server as shown beside')
    return failureOf(error)
  }
}

const imports = new Map<string, Import>()

/** A person's import into the project in this browser page, made at the first call. */
export function importOf(slug: string): Import {
  const whose = `${session.me?.id ?? ''} ${slug}`
  const found = imports.get(whose) ?? new Import(slug)
  imports.set(whose, found)
  return found
}
