/** Films and masks ready to be painted: decoded ahead, kept while they may be needed, then let go. */
import { ApiError } from '../api/client'
import { Mask } from '../drawing/mask'
import { outlineLoops } from '../drawing/outline'
import { isEmpty, type Rect, union } from '../drawing/rect'
import { applyLut, autoWindow, type Grey, windowLut } from '../drawing/window'
import type { Alive, Decoded, Stopped, Wanted } from './film.worker'
import FilmWorker from './film.worker?worker'

/** Window as shares of the film's own one, so that it holds from film to film; null is the own, `{0.5, 1}`. */
export type Windowing = { centre: number; width: number } | null

/** A film with what painting needs. */
export class ShownFilm {
  private painted: { name: string; canvas: OffscreenCanvas } | null = null
  private own: { centre: number; width: number } | null = null

  constructor(
    readonly width: number,
    readonly height: number,
    readonly bits: 8 | 16,
    readonly grey: Grey,
    /** The film through its own window, from the worker: the page's thread has nothing to do for it. */
    private asItIs: ImageBitmap | null = null,
  ) {}

  /** The window that shows the film as it was meant: all of 8 bits, the used range of 16. */
  get ownWindow(): { centre: number; width: number } {
    if (!this.own) {
      const levels = 2 ** this.bits
      const found = this.bits === 8 ? { centre: 128, width: 256 } : autoWindow(this.grey, this.bits)
      this.own = { centre: found.centre / levels, width: found.width / levels }
    }
    return this.own
  }

  /** The film at its own size through a window; the last one is kept. */
  base(windowing: Windowing, invert: boolean): OffscreenCanvas | ImageBitmap {
    const own = this.ownWindow
    const centre = own.centre + ((windowing?.centre ?? 0.5) - 0.5) * own.width
    const width = (windowing?.width ?? 1) * own.width
    if (this.asItIs && this.bits === 8 && centre === 0.5 && width === 1 && !invert) return this.asItIs
    const name = `${centre} ${width} ${invert}`
    if (this.painted?.name !== name) {
      const levels = 2 ** this.bits
      const canvas = this.painted?.canvas ?? new OffscreenCanvas(this.width, this.height)
      const context = canvas.getContext('2d', { alpha: false })!
      const image = context.createImageData(this.width, this.height)
      const lut = windowLut(this.bits, centre * levels, Math.max(1, width * levels), invert)
      applyLut(this.grey, lut, new Uint32Array(image.data.buffer))
      context.putImageData(image, 0, 0)
      this.painted = { name, canvas }
    }
    return this.painted.canvas
  }
}

/** A film or mask that could not be had; status 0 where nothing was answered. */
export class PictureError extends ApiError {
  constructor(message: string, status: number) {
    super(status, 'picture', message)
  }
}

/** A mask with what painting needs. */
export class ShownMask {
  private path: Path2D | null = null
  private bitmap: { colour: string; canvas: OffscreenCanvas } | null = null

  constructor(
    readonly mask: Mask,
    /** The outline as the worker found it. */
    private loops: Int32Array[] | null = null,
  ) {}

  /** The outline along the pixels' edges, in film pixels. */
  get outline(): Path2D {
    if (!this.path) {
      this.path = new Path2D()
      for (const loop of this.loops ?? outlineLoops(this.mask)) {
        for (let i = 0; i < loop.length; i += 2) {
          if (i === 0) this.path.moveTo(loop[0]!, loop[1]!)
          else this.path.lineTo(loop[i]!, loop[i + 1]!)
        }
        this.path.closePath()
      }
    }
    return this.path
  }

  /** Whether pixels changed since the outline was last worked out. */
  moving = false
  /** Where pixels changed since somebody last asked. */
  private dirty: Rect | null = null
  /** Where the filled picture is behind the mask. */
  private stale: Rect | null = null
  private small: OffscreenCanvas | null = null

  /** Pixels of a rectangle have changed: the filled picture follows when it is asked for, the outline when the hand rests. */
  touched(rect: Rect): void {
    this.moving = true
    this.loops = null
    this.dirty = this.dirty ? union(this.dirty, rect) : rect
    this.stale = this.stale ? union(this.stale, rect) : rect
  }

  /** Where pixels changed since the last call, or null. */
  takeDirty(): Rect | null {
    const rect = this.dirty
    this.dirty = null
    return rect
  }

  /** The filled mask of a rectangle alone, at the corner of a small canvas that the next call overwrites. */
  patch(colour: [number, number, number], rect: Rect): OffscreenCanvas {
    const [width, height] = [rect.x1 - rect.x0, rect.y1 - rect.y0]
    if (!this.small || this.small.width < width || this.small.height < height) {
      this.small = new OffscreenCanvas(Math.max(256, width), Math.max(256, height))
    }
    this.write(this.small, rect, valueOf(colour), 0, 0)
    return this.small
  }

  private write(canvas: OffscreenCanvas, rect: Rect, value: number, x: number, y: number): void {
    const { width, data } = this.mask
    const context = canvas.getContext('2d')!
    const image = context.createImageData(rect.x1 - rect.x0, rect.y1 - rect.y0)
    const pixels = new Uint32Array(image.data.buffer)
    let to = 0
    for (let y = rect.y0; y < rect.y1; y++) {
      for (let i = y * width + rect.x0; i < y * width + rect.x1; i++) pixels[to++] = data[i] ? value : 0
    }
    context.putImageData(image, x, y)
  }

  /** The hand rests. */
  settled(): void {
    this.moving = false
    this.path = null
  }

  /** The filled mask at film size in one colour. */
  fill(colour: [number, number, number]): OffscreenCanvas {
    const name = colour.join()
    if (this.bitmap?.colour !== name) {
      const { width, height } = this.mask
      this.bitmap = { colour: name, canvas: new OffscreenCanvas(width, height) }
      this.stale = { x0: 0, y0: 0, x1: width, y1: height }
    }
    const { canvas } = this.bitmap
    if (this.stale && !isEmpty(this.stale))
      this.write(canvas, this.stale, valueOf(colour), this.stale.x0, this.stale.y0)
    this.stale = null
    return canvas
  }
}

/** A colour as one pixel of a canvas. */
function valueOf([red, green, blue]: [number, number, number]): number {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0
}

/** Enough for the film on screen, the three next ones and a step back, each with its six candidates. */
const KEPT_FILMS = 8
const KEPT_MASKS = 40
/** A picture of which nothing more arrives for so long is given up; its person may ask again. */
const PICTURE_MS = 30_000

class Pictures {
  private worker: Worker | null = null
  private asked = new Map<number, { resolve: (got: Decoded) => void; alive: () => void }>()
  private films = new Map<string, Promise<ShownFilm>>()
  private masks = new Map<string, Promise<ShownMask>>()
  private next = 0

  film(url: string): Promise<ShownFilm> {
    return kept(this.films, KEPT_FILMS, url, async () => {
      const got = await this.decode(url, 'film')
      return new ShownFilm(got.width, got.height, got.bits, got.data, got.bitmap ?? null)
    })
  }

  mask(url: string): Promise<ShownMask> {
    return kept(this.masks, KEPT_MASKS, url, async () => {
      const got = await this.decode(url, 'mask')
      const mask = new Mask(got.width, got.height, got.data as Uint8Array<ArrayBuffer>)
      const shown = new ShownMask(mask, got.loops)
      // Worked out now, while nobody waits for it.
      void shown.outline
      return shown
    })
  }

  private async decode(url: string, kind: Wanted['kind']): Promise<Exclude<Decoded, { failed: string }>> {
    const id = this.next++
    const got = await new Promise<Decoded>((resolve) => {
      const giveUp = (): void => {
        this.open().postMessage({ stop: id } satisfies Stopped)
        this.asked.delete(id)
        resolve({ id, failed: `nothing arrived for ${PICTURE_MS / 1000} seconds`, status: 0 })
      }
      let timer = setTimeout(giveUp, PICTURE_MS)
      this.asked.set(id, {
        alive: () => {
          clearTimeout(timer)
          timer = setTimeout(giveUp, PICTURE_MS)
        },
        resolve: (decoded) => {
          clearTimeout(timer)
          resolve(decoded)
        },
      })
      this.open().postMessage({ id, url, kind } satisfies Wanted)
    })
    if ('failed' in got) throw new PictureError(got.failed, got.status)
    return got
  }

  private open(): Worker {
    if (!this.worker) {
      this.worker = new FilmWorker()
      this.worker.addEventListener('message', ({ data }: MessageEvent<Decoded | Alive>) => {
        const asked = this.asked.get(data.id)
        if ('alive' in data) return asked?.alive()
        this.asked.delete(data.id)
        asked?.resolve(data)
      })
    }
    return this.worker
  }
}

/** The value of a key, made once; failures are forgotten, so that the next look tries again. */
function kept<T>(all: Map<string, Promise<T>>, most: number, key: string, make: () => Promise<T>): Promise<T> {
  let value = all.get(key)
  if (!value) {
    value = make()
    value.catch(() => all.delete(key))
  } else {
    all.delete(key)
  }
  all.set(key, value)
  const oldest = all.keys().next().value
  if (all.size > most && oldest !== undefined) all.delete(oldest)
  return value
}

export const pictures = new Pictures()
