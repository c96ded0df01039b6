/** A map of probabilities ready to be laid over its film. */
import { paintTints } from '../drawing/tint'
import { pictures } from './films'

export class ShownMap {
  private painted: OffscreenCanvas | null = null

  constructor(
    readonly width: number,
    readonly height: number,
    /** Probability in steps of 1/255, row-major. */
    readonly steps: Uint8Array,
  ) {}

  /** Colours at film size, by which the film is multiplied. */
  get canvas(): OffscreenCanvas {
    if (!this.painted) {
      this.painted = new OffscreenCanvas(this.width, this.height)
      const context = this.painted.getContext('2d', { alpha: false })!
      const image = context.createImageData(this.width, this.height)
      paintTints(this.steps, new Uint32Array(image.data.buffer))
      context.putImageData(image, 0, 0)
    }
    return this.painted
  }

  /** Probability, 0..1, of the pixel at a point of the film; null outside it. */
  at(point: { x: number; y: number }): number | null {
    const [x, y] = [Math.floor(point.x), Math.floor(point.y)]
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return null
    return this.steps[y * this.width + x]! / 255
  }
}

/** Raises PictureError. */
export async function loadMap(url: string): Promise<ShownMap> {
  const got = await pictures.film(url)
  return new ShownMap(got.width, got.height, got.grey as Uint8Array)
}
