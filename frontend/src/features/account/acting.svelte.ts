/** One act at a time of a section of the page, with what went wrong and what was done. */
import { type Failure, failureOf } from '../../lib/failure'

export class Acting {
  busy = $state(false)
  failure = $state.raw<Failure | null>(null)
  said = $state('')

  /** Carries it out; words that it returns are said. A second one waits for nobody: it is not begun. */
  async run(what: () => Promise<unknown>): Promise<void> {
    if (this.busy) return
    this.busy = true
    this.failure = null
    this.said = ''
    try {
      const said = await what()
      this.said = typeof said === 'string' ? said : ''
    } catch (error) {
      this.failure = failureOf(error)
    } finally {
      this.busy = false
    }
  }
}
