import type { Bit, Mask } from './mask'

/** Unbroken horizontal runs of one value in reading order, grouped into connected components. */
export interface Runs {
  readonly count: number
  /** Index into the mask's data of a run's first pixel; only the first `count` entries hold runs. */
  readonly start: Int32Array
  /** Index after a run's last pixel, in the same row. */
  readonly end: Int32Array
  /** Number of the first run of the component that a run belongs to, never above the run's own number. */
  readonly root: Int32Array
}

/**
 * Find the connected components of the pixels with `value`, in two passes and without recursion.
 *
 * `diagonal` joins pixels at their corners too (8-connected), else at their sides only (4-connected).
 */
export function connectRuns(mask: Mask, value: Bit, diagonal: boolean): Runs {
  const { data, width, height } = mask
  const reach = diagonal ? 1 : 0
  let capacity = 4 * height + 16
  let start = new Int32Array(capacity)
  let end = new Int32Array(capacity)
  let root = new Int32Array(capacity)
  let count = 0
  let above = 0

  for (let row = 0; row < height; row++) {
    const stop = (row + 1) * width
    const current = count
    let i = row * width
    for (;;) {
      while (i < stop && data[i] !== value) i++
      if (i === stop) break
      const from = i
      while (i < stop && data[i] === value) i++
      if (count === capacity) {
        capacity *= 2
        start = longer(start, capacity)
        end = longer(end, capacity)
        root = longer(root, capacity)
      }
      start[count] = from
      end[count] = i
      root[count] = count
      while (above < current && end[above]! + width + reach <= from) above++
      for (let k = above; k < current && start[k]! + width < i + reach; k++) join(root, k, count)
      count++
    }
    above = current
  }
  // A root is never after its run, so one forward pass reaches the first run of each component.
  for (let k = 0; k < count; k++) root[k] = root[root[k]!]!
  return { count, start, end, root }
}

function longer(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(length)
  copy.set(array)
  return copy
}

function join(root: Int32Array, a: number, b: number): void {
  const one = find(root, a)
  const other = find(root, b)
  if (one < other) root[other] = one
  else root[one] = other
}

function find(root: Int32Array, run: number): number {
  let k = run
  while (root[k] !== k) {
    const up = root[root[k]!]!
    root[k] = up
    k = up
  }
  return k
}
