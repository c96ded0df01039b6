import { describe, expect, it } from 'vitest'

import { clip, EMPTY, expand, isEmpty, union } from './rect'

const rect = { x0: 2, y0: 3, x1: 5, y1: 9 }

describe('rectangles', () => {
  it('an empty rectangle adds nothing to another', () => {
    expect(union(rect, EMPTY)).toEqual(rect)
    expect(union({ x0: 50, y0: 0, x1: 50, y1: 9 }, rect)).toEqual(rect)
    expect(union(EMPTY, EMPTY)).toEqual(EMPTY)
  })

  it('a union holds both', () => {
    expect(union(rect, { x0: 0, y0: 4, x1: 3, y1: 12 })).toEqual({ x0: 0, y0: 3, x1: 5, y1: 12 })
  })

  it('clipping keeps what is on the film, and nothing of a rectangle beside it', () => {
    expect(clip({ x0: -2, y0: -3, x1: 99, y1: 4 }, 10, 8)).toEqual({ x0: 0, y0: 0, x1: 10, y1: 4 })
    expect(clip({ x0: 10, y0: 0, x1: 12, y1: 4 }, 10, 8)).toBe(EMPTY)
  })

  it('a rectangle grows on all sides, an empty one does not', () => {
    expect(expand(rect, 2)).toEqual({ x0: 0, y0: 1, x1: 7, y1: 11 })
    expect(isEmpty(expand({ x0: 4, y0: 4, x1: 4, y1: 8 }, 5))).toBe(true)
  })
})
