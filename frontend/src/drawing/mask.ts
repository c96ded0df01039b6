import { EMPTY, type Rect } from './rect'

/** The value of one pixel: background or foreground. */
export type Bit = 0 | 1

/**
 * A binary mask of a film. `data` is the only truth; canvases show it and are never read back.
 *
 * Operations of this folder change a mask in place and return the rectangle in which they did, so that the caller
 * redraws no more than that.
 */
export class Mask {
  readonly width: number
  readonly height: number
  /** 0 or 1 a pixel, row-major, `width * height` long. */
  readonly data: Uint8Array

  /**
   * An empty mask, or one around `data`, which is kept and not copied.
   *
   * Throws RangeError where a side is not a positive whole number, where `data` has another length than
   * `width * height`, or where it holds anything but 0 and 1.
   */
  constructor(width: number, height: number, data?: Uint8Array) {
    if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
      throw new RangeError(`a mask is whole pixels wide and high, at least 1 x 1; got ${width} x ${height}`)
    }
    if (data) {
      if (data.length !== width * height) {
        throw new RangeError(`a mask of ${width} x ${height} has ${width * height} pixels; got ${data.length}`)
      }
      let seen = 0
      for (let i = 0; i < data.length; i++) seen |= data[i]!
      if (seen > 1) throw new RangeError('mask values are 0 and 1 only')
    }
    this.width = width
    this.height = height
    this.data = data ?? new Uint8Array(width * height)
  }

  /** An independent copy. */
  clone(): Mask {
    const copy = new Mask(this.width, this.height)
    copy.data.set(this.data)
    return copy
  }

  /** Number of foreground pixels. */
  count(): number {
    const { data } = this
    let pixels = 0
    for (let i = 0; i < data.length; i++) pixels += data[i]!
    return pixels
  }

  /** Whether the other mask has the same size and the same pixels. */
  equals(other: Mask): boolean {
    if (this.width !== other.width || this.height !== other.height) return false
    const mine = this.data
    const theirs = other.data
    for (let i = 0; i < mine.length; i++) if (mine[i] !== theirs[i]) return false
    return true
  }

  /** Set every pixel; returns the whole film. */
  fill(value: Bit): Rect {
    this.data.fill(value)
    return this.whole()
  }

  /** The rectangle of the whole film. */
  whole(): Rect {
    return { x0: 0, y0: 0, x1: this.width, y1: this.height }
  }

  /** The smallest rectangle that holds all foreground; `EMPTY` where there is none. */
  bounds(): Rect {
    const { data, width } = this
    const first = data.indexOf(1)
    if (first < 0) return EMPTY
    const y0 = Math.floor(first / width)
    const y1 = Math.floor(data.lastIndexOf(1) / width) + 1
    let x0 = width
    let x1 = 0
    for (let y = y0; y < y1; y++) {
      const row = y * width
      for (let x = 0; x < x0; x++) if (data[row + x]) x0 = x
      for (let x = width; x > x1; x--) if (data[row + x - 1]) x1 = x
    }
    return { x0, y0, x1, y1 }
  }
}

/**
 * The mask of a decoded mask image: foreground where red is at least 128, other channels and alpha play no part.
 *
 * `rgba` holds four bytes a pixel as in ImageData. Throws RangeError where its length is not `width * height * 4`.
 */
export function fromRgba(rgba: Uint8ClampedArray, width: number, height: number): Mask {
  const mask = new Mask(width, height)
  const { data } = mask
  if (rgba.length !== data.length * 4) {
    throw new RangeError(`an image of ${width} x ${height} has ${data.length * 4} bytes of RGBA; got ${rgba.length}`)
  }
  for (let i = 0; i < data.length; i++) data[i] = rgba[i * 4]! >> 7
  return mask
}

/** Throws RangeError where two masks that belong to one film differ in size. */
export function requireSameSize(a: Mask, b: Mask): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(`masks are ${a.width} x ${a.height} and ${b.width} x ${b.height}; both must be the same`)
  }
}
