/** Colours of an infection map (degerli2021 II-D): hue and saturation of the jet scale, to be laid over a film's greys. */

const LEVELS = 256

/**
 * Red, green and blue, 0..255, of each step of 1/255: the jet colour with its greatest channel at full, so that the
 * product with a grey has the grey as its value. Step 0 is white: it changes nothing.
 */
export function tints(): [number, number, number][] {
  return Array.from({ length: LEVELS }, (_, step) => {
    if (step === 0) return [255, 255, 255]
    const jet = [3, 2, 1].map((peak) => Math.min(1, Math.max(0, 1.5 - Math.abs((4 * step) / (LEVELS - 1) - peak))))
    const top = Math.max(...jet)
    return jet.map((channel) => Math.floor((255 * channel) / top + 0.5)) as [number, number, number]
  })
}

/** Opaque pixels of a map's steps, as a Uint32Array over ImageData on a little-endian machine. */
export function paintTints(steps: Uint8Array, rgba: Uint32Array): void {
  if (rgba.length !== steps.length) {
    throw new RangeError(`the map has ${steps.length} pixels and the picture ${rgba.length}; both must be the same`)
  }
  const colours = Uint32Array.from(tints(), ([red, green, blue]) => 0xff000000 + (blue << 16) + (green << 8) + red)
  for (let i = 0; i < steps.length; i++) rgba[i] = colours[steps[i]!]!
}
