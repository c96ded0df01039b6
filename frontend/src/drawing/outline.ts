import type { Mask } from './mask'

/** Directions as walked on the screen: right, up, left, down; one more is a left turn. */
const LEFTWARDS = 2
const FOREGROUND = 1
const FOUR_FOREGROUND = 0x01010101
const WALKED = 2

/**
 * The outline of the foreground as closed loops along the cracks between pixels, each crack in exactly one loop.
 *
 * A loop is x, y, x, y, ... of its corners in whole film pixels (pixel (i, j) has corners (i, j) and (i + 1, j + 1)),
 * without points in the middle of straight lines; the last corner joins the first. Foreground is on the left as one
 * walks on the screen (y down): loops around foreground run counter-clockwise, loops around holes clockwise. Pixels
 * that touch at a corner belong together, so each island that `components` counts has one outer loop.
 */
export function outlineLoops(mask: Mask): Int32Array[] {
  const { width, height } = mask
  // Whole words a row, so that the search for starts can look at four cells at once.
  const stride = (width + 2 + 3) & ~3
  const cells = padded(mask, stride)
  const words = new Uint32Array(cells.buffer)
  const loops: Int32Array[] = []
  // Every loop somewhere walks leftwards along the top of a foreground pixel: those starts find all loops.
  for (let word = stride / 4; word < ((height + 1) * stride) / 4; word++) {
    if ((words[word]! & ~words[word - stride / 4]! & FOUR_FOREGROUND) === 0) continue
    for (let cell = 4 * word; cell < 4 * word + 4; cell++) {
      if (cells[cell] === FOREGROUND && !(cells[cell - stride]! & FOREGROUND)) loops.push(walk(cells, stride, cell))
    }
  }
  return loops
}

/** The mask with background all around, so that a walk never needs to ask where the film ends; pixel (0, 0) at (1, 1). */
function padded(mask: Mask, stride: number): Uint8Array<ArrayBuffer> {
  const { data, width, height } = mask
  const cells = new Uint8Array(stride * (height + 2))
  for (let y = 0; y < height; y++) cells.set(data.subarray(y * width, (y + 1) * width), (y + 1) * stride + 1)
  return cells
}

/**
 * Walk the loop that runs leftwards along the top of a cell, and mark the tops it passes.
 *
 * A corner of pixels is numbered as the cell above and to the left of it. The first start on a loop in reading order
 * is at the left end of a straight line, so every corner comes up at a turn.
 */
function walk(cells: Uint8Array, stride: number, top: number): Int32Array {
  const ahead = [1, -stride, -1, stride]
  const leftCell = [1, 0, stride, stride + 1]
  const rightCell = [stride + 1, 1, 0, stride]
  const corners: number[] = []
  let corner = top - stride
  let direction = LEFTWARDS
  for (;;) {
    if (direction === LEFTWARDS) {
      const passed = corner + stride
      if (cells[passed]! & WALKED) break
      cells[passed]! |= WALKED
    }
    corner += ahead[direction]!
    if (cells[corner + rightCell[direction]!]! & FOREGROUND) direction = (direction + 3) & 3
    else if (cells[corner + leftCell[direction]!]! & FOREGROUND) continue
    else direction = (direction + 1) & 3
    corners.push(corner % stride, Math.floor(corner / stride))
  }
  return new Int32Array(corners)
}
