/** How the masks of one film are told apart, and how two of them compare. */
import { changedPixels, dice, difference, Mask } from '../../drawing'
import { ShownMask } from '../../viewer/films'

/** Yellow first, as everywhere; then hues that stay apart on grey for most eyes. */
const COLOURS: [number, number, number][] = [
  [255, 214, 92],
  [108, 178, 247],
  [240, 128, 108],
  [88, 192, 138],
  [196, 154, 240],
  [240, 160, 210],
  [120, 220, 220],
  [214, 170, 120],
]

export function colourOf(index: number): [number, number, number] {
  return COLOURS[index % COLOURS.length]!
}

export interface Comparison {
  dsc: number
  pixels: number
  /** Where the two differ. */
  where: ShownMask
}

export function compareMasks(first: Mask, second: Mask): Comparison {
  return {
    dsc: dice(first, second),
    pixels: changedPixels(first, second),
    where: new ShownMask(new Mask(first.width, first.height, difference([first, second]))),
  }
}
