/** Stored grey values of a film, row-major. */
export type Grey = Uint8Array | Uint16Array

/** A DICOM window in stored grey values: what lies outside it shows black or white. */
export interface GreyWindow {
  readonly centre: number
  readonly width: number
}

/** Share of the pixels that the automatic window leaves black, and share that it leaves white. */
const CUT = 0.005

/**
 * The editor's windows as shares (0..1) of a grey range from its darkest to its brightest value, for films on which
 * bone is bright; `presetWindow` turns them into grey values.
 */
export const PRESETS = {
  full: { centre: 0.5, width: 1 },
  lungs: { centre: 0.3, width: 0.6 },
  mediastinum: { centre: 0.725, width: 0.55 },
  bone: { centre: 0.65, width: 0.4 },
} as const satisfies Record<string, GreyWindow>

/** Name of one of the `PRESETS`. */
export type Preset = keyof typeof PRESETS

/** Name of the preset that a window is, or null: somebody dragged it. */
export function presetName(window: GreyWindow): Preset | null {
  const names = Object.keys(PRESETS) as Preset[]
  return names.find((name) => PRESETS[name].centre === window.centre && PRESETS[name].width === window.width) ?? null
}

/** The window that shows every value of that many bits. */
export function fullWindow(bits: 8 | 16): GreyWindow {
  return { centre: levels(bits) / 2, width: levels(bits) }
}

/**
 * The preset within a range of grey values: `fullWindow`, or `autoWindow` where a film uses only part of its bits
 * (12 bits stored in 16, say). The width is at least 1.
 */
export function presetWindow(preset: Preset, range: GreyWindow): GreyWindow {
  const { centre, width } = PRESETS[preset]
  return {
    centre: range.centre + (centre - 0.5) * range.width,
    width: Math.max(1, width * range.width),
  }
}

/**
 * The window between the 0.5th and the 99.5th percentile of the film, which go black and white.
 *
 * The full window where these are equal, as for a blank film. Throws RangeError where `grey` holds 16-bit values and
 * `bits` is 8.
 */
export function autoWindow(grey: Grey, bits: 8 | 16): GreyWindow {
  const counts = new Uint32Array(levels(bits))
  requireRange(grey, counts.length)
  for (let i = 0; i < grey.length; i++) counts[grey[i]!]!++
  const cut = CUT * grey.length
  let low = 0
  let high = counts.length - 1
  for (let below = counts[low]!; low < high && below <= cut; below += counts[low]!) low++
  for (let over = counts[high]!; high > low && over <= cut; over += counts[high]!) high--
  return low < high ? { centre: (low + high + 1) / 2, width: high - low + 1 } : fullWindow(bits)
}

/**
 * Lookup table from stored grey value to 0..255 for a linear window, 256 or 65536 entries; `invert` swaps black and
 * white.
 *
 * Source: DICOM PS3.3 C.11.2.1.2.1, function LINEAR with output 0..255, rounded to whole numbers. Throws RangeError
 * where the width is below 1 or a number is not finite.
 */
export function windowLut(bits: 8 | 16, centre: number, width: number, invert: boolean): Uint8Array {
  if (!Number.isFinite(centre) || !Number.isFinite(width) || width < 1) {
    throw new RangeError(`a window has a finite centre and a width of 1 or more; got ${centre} and ${width}`)
  }
  const lut = new Uint8Array(levels(bits))
  const middle = centre - 0.5
  const half = (width - 1) / 2
  for (let value = 0; value < lut.length; value++) {
    let shown: number
    if (value <= middle - half) shown = 0
    else if (value > middle + half) shown = 255
    else shown = Math.round(((value - middle) / (width - 1) + 0.5) * 255)
    lut[value] = invert ? 255 - shown : shown
  }
  return lut
}

/**
 * Show a film through a lookup table: opaque grey pixels, as a Uint32Array over ImageData on a little-endian machine
 * (alpha, blue, green, red from the highest byte).
 *
 * Throws RangeError where `rgba` has another number of pixels, or where the table is too short for the grey values.
 */
export function applyLut(grey: Grey, lut: Uint8Array, rgba: Uint32Array): void {
  if (rgba.length !== grey.length) {
    throw new RangeError(`the film has ${grey.length} pixels and the picture ${rgba.length}; both must be the same`)
  }
  requireRange(grey, lut.length)
  const colours = Uint32Array.from(lut, (shown) => 0xff000000 + shown * 0x010101)
  for (let i = 0; i < grey.length; i++) rgba[i] = colours[grey[i]!]!
}

function levels(bits: 8 | 16): number {
  return 2 ** bits
}

function requireRange(grey: Grey, entries: number): void {
  if (2 ** (8 * grey.BYTES_PER_ELEMENT) > entries) {
    throw new RangeError(`grey values of ${8 * grey.BYTES_PER_ELEMENT} bits do not fit a table of ${entries} entries`)
  }
}
