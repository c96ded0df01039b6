/** Uploads whose progress can be shown and which can be stopped: `fetch` tells neither. */
import { csrfToken, errorOf, OfflineError } from '../../api/client'

/** The person stopped it. */
export class StoppedError extends Error {}

export interface Upload<T> {
  done: Promise<T>
  stop: () => void
}

/** Sends a form; `onprogress` hears shares from 0 to 1, 1 when all is sent and the server works. */
export function upload<T>(
  path: string,
  form: FormData,
  headers: Record<string, string>,
  onprogress: (share: number) => void,
): Upload<T> {
  const request = new XMLHttpRequest()
  const done = new Promise<T>((resolve, reject) => {
    request.open('POST', path)
    request.setRequestHeader('X-CSRFToken', csrfToken())
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable && event.total) onprogress(event.loaded / event.total)
    })
    request.upload.addEventListener('load', () => onprogress(1))
    request.addEventListener('load', () => {
      let answer: unknown = null
      try {
        answer = JSON.parse(request.responseText)
      } catch {
        // A proxy's page of words; the status says enough.
      }
      if (request.status >= 200 && request.status < 300) resolve(answer as T)
      else reject(errorOf(request.status, answer))
    })
    request.addEventListener('error', () => reject(new OfflineError()))
    request.addEventListener('abort', () => reject(new StoppedError('stopped')))
    request.send(form)
  })
  return { done, stop: () => request.abort() }
}
