/** The mask engine: pure functions on typed arrays, without a canvas. */
export { BRUSH_DIAMETERS, paintCapsule } from './brush'
export { changedPixels, dice, difference } from './compare'
export { fromRgba, Mask, type Bit } from './mask'
export { grow, RADII, shrink, smooth } from './morphology'
export { outlineLoops } from './outline'
export { packMask, unpackMask } from './pack'
export { decodeMaskPng, encodeMaskPng, pngInfo, type PngInfo } from './png'
export type { Point } from './point'
export { fillPolygon, fillPolygons } from './polygon'
export { clip, EMPTY, expand, isEmpty, union, type Rect } from './rect'
export { components, fillHoles, fillRegion, removeIsland, removeSmall } from './regions'
export { paintTints, tints } from './tint'
export { History } from './undo'
export { clampView, fit, pan, SCALES, toFilm, toScreen, zoomAt, type Size, type View } from './view'
export {
  applyLut,
  autoWindow,
  fullWindow,
  PRESETS,
  presetWindow,
  windowLut,
  type Grey,
  type GreyWindow,
  type Preset,
} from './window'
