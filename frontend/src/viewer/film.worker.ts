/** Fetches and decodes films and masks away from the page's own thread. */
import { decode } from 'fast-png'

import { Mask } from '../drawing/mask'
import { outlineLoops } from '../drawing/outline'
import { pngInfo } from '../drawing/png'

export interface Wanted {
  id: number
  url: string
  kind: 'film' | 'mask'
}

/** The page gives a picture up. */
export interface Stopped {
  stop: number
}

export type Decoded =
  | {
      id: number
      width: number
      height: number
      bits: 8 | 16
      data: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>
      /** The film as it is shown through its own window, where that shows its levels as they are. */
      bitmap?: ImageBitmap
      /** The mask's outline. */
      loops?: Int32Array[]
    }
  | { id: number; failed: string; status: number }

/** More of a picture has arrived. */
export interface Alive {
  id: number
  alive: true
}

const under = new Map<number, AbortController>()

self.addEventListener('message', ({ data }: MessageEvent<Wanted | Stopped>) => {
  if ('stop' in data) under.get(data.stop)?.abort()
  else void answer(data)
})

async function answer(wanted: Wanted): Promise<void> {
  let status = 0
  const control = new AbortController()
  under.set(wanted.id, control)
  try {
    const get = async (cache: RequestCache): Promise<Decoded> => {
      const response = await fetch(wanted.url, { credentials: 'same-origin', signal: control.signal, cache })
      status = response.status
      if (!response.ok) throw new Error(`the server answered ${status}`)
      return read(await whole(response, wanted.id), wanted)
    }
    // What the browser kept for a day may be a broken file that has been mended since.
    const decoded = await get('default').catch((error: unknown) => {
      if (status !== 200 || control.signal.aborted) throw error
      return get('reload')
    })
    self.postMessage(decoded, { transfer: transferred(decoded) })
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error)
    self.postMessage({ id: wanted.id, failed, status } satisfies Decoded)
  } finally {
    under.delete(wanted.id)
  }
}

const TOLD_EVERY_MS = 1000

/** The body; the page hears now and then that it grows, as a large film on a slow line is no film that hangs. */
async function whole(response: Response, id: number): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let told = performance.now()
  const reader = response.body!.getReader()
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    parts.push(step.value)
    if (performance.now() - told < TOLD_EVERY_MS) continue
    told = performance.now()
    self.postMessage({ id, alive: true } satisfies Alive)
  }
  return new Blob(parts)
}

async function read(blob: Blob, wanted: Wanted): Promise<Decoded> {
  const head = pngInfo(new Uint8Array(await blob.slice(0, 64).arrayBuffer()))
  if (!head) throw new Error('the file is no PNG')
  const { width, height } = head
  if (head.bitDepth === 16) {
    // The browser's own decoder would leave 256 of 65,536 grey levels.
    const { data } = decode(new Uint8Array(await blob.arrayBuffer()))
    return { id: wanted.id, width, height, bits: 16, data: new Uint16Array(data) }
  }
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' })
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!
  context.drawImage(bitmap, 0, 0)
  const rgba = context.getImageData(0, 0, width, height).data
  const grey = new Uint8Array(width * height)
  for (let i = 0; i < grey.length; i++) grey[i] = rgba[4 * i]!
  if (wanted.kind === 'film') return { id: wanted.id, width, height, bits: 8, data: grey, bitmap }
  bitmap.close()
  for (let i = 0; i < grey.length; i++) grey[i] = grey[i]! >= 128 ? 1 : 0
  return { id: wanted.id, width, height, bits: 8, data: grey, loops: outlineLoops(new Mask(width, height, grey)) }
}

/** What goes to the page without being copied. */
function transferred(decoded: Decoded): Transferable[] {
  if (!('data' in decoded)) return []
  const { data, bitmap, loops = [] } = decoded
  return [data.buffer, ...(bitmap ? [bitmap] : []), ...loops.map((loop) => loop.buffer)]
}
