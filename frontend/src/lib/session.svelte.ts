/** Who is signed in. */
import { api, ApiError, ask, type Me, type Schemas } from '../api/client'

/** What a sign-in asks for after the password. */
export type Step = Schemas['SignInOptions']['step']

class Session {
  me = $state<Me | null>(null)
  /** False until the first answer: nothing is shown before it is known who asks. */
  known = $state(false)
  /** The session ended while somebody worked: the page stays as it is, and a sign-in lies over it. */
  ended = $state(false)
  private waiting: (() => void)[] = []

  async load(): Promise<void> {
    try {
      this.me = await ask(api.GET('/api/me'))
      this.back()
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 403)) throw error
      this.me = null
    } finally {
      this.known = true
    }
  }

  /** Sign in by password; returns what is still asked for, or null where the person is in. */
  async signIn(username: string, password: string): Promise<Step> {
    await ask(api.GET('/api/csrf'))
    const answer = await ask(api.POST('/api/sign-in', { body: { username, password } }))
    if ('step' in answer) return answer.step
    this.me = answer
    this.back()
    return null
  }

  /** The second half of a sign-in: a code of the app, or a recovery code. */
  async giveCode(code: string): Promise<void> {
    this.me = await ask(api.POST('/api/sign-in/code', { body: { code } }))
    this.back()
  }

  async signOut(): Promise<void> {
    await ask(api.POST('/api/sign-out'))
    this.me = null
  }

  private back(): void {
    this.ended = false
    this.waiting.splice(0).forEach((again) => again())
  }

  /** Try again what the end of the session stopped, once somebody has signed in. */
  whenBack(again: () => void): void {
    this.waiting.push(again)
  }

  /** Called with every error: one that says that the session is over asks for a new sign-in. Returns whether it did. */
  noticed(error: unknown): boolean {
    if (!(error instanceof ApiError) || error.status !== 401) return false
    this.ended = true
    return true
  }
}

export const session = new Session()
