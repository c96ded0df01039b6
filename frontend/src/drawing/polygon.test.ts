import { describe, expect, it } from 'vitest'

import { drawn, expectChange, expectSame, fixtures, maskOf } from './fixtures/read'
import { Mask } from './mask'
import { fillPolygon, fillPolygons } from './polygon'
import { EMPTY } from './rect'

const corners = (text: string) =>
  text.split(' ').map((pair) => {
    const [x, y] = pair.split(',').map(Number)
    return { x: x!, y: y! }
  })

describe('a polygon', () => {
  it.each(fixtures.polygons)('holds the pixels that scikit-image finds: $points', ({ width, height, points, bits }) => {
    const expected = maskOf(bits, width, height)
    expectChange(new Mask(width, height), (mask) => fillPolygon(mask, corners(points), 1), expected)
    const backwards = new Mask(width, height)
    fillPolygon(backwards, corners(points).reverse(), 1)
    expectSame(backwards, expected)
  })

  it('erases too', () => {
    const mask = drawn('####', '####', '####')
    fillPolygon(mask, corners('1,1 3,1 3,3 1,3'), 0)
    expectSame(mask, drawn('####', '#..#', '#..#'))
  })

  it('shares each centre on a common edge with exactly one neighbour', () => {
    const left = corners('0.5,0.5 2.5,0.5 2.5,3.5 0.5,3.5')
    const right = corners('2.5,0.5 4.5,0.5 4.5,3.5 2.5,3.5')
    const mask = new Mask(5, 4)
    fillPolygon(mask, left, 1)
    expectSame(mask, drawn('##...', '##...', '##...', '.....'))
    fillPolygon(mask, right, 1)
    expectSame(mask, drawn('####.', '####.', '####.', '.....'))
  })

  it('inside another leaves a hole when both are filled together', () => {
    const mask = new Mask(5, 5)
    fillPolygons(mask, [corners('0,0 5,0 5,5 0,5'), corners('1,1 4,1 4,4 1,4'), corners('2,2 3,2 3,3 2,3')], 1)
    expectSame(mask, drawn('#####', '#...#', '#.#.#', '#...#', '#####'))
  })

  it('of fewer than three points, or beside the film, fills nothing', () => {
    const mask = new Mask(4, 4)
    expect(fillPolygon(mask, [], 1)).toBe(EMPTY)
    expect(fillPolygon(mask, corners('0,0 4,4'), 1)).toBe(EMPTY)
    expect(fillPolygon(mask, corners('9,0 12,0 12,4'), 1)).toBe(EMPTY)
    expect(mask.count()).toBe(0)
  })

  it('with a corner that is no number is refused before anything is filled', () => {
    const mask = new Mask(4, 4)
    expect(() => fillPolygon(mask, [...corners('0,0 4,0'), { x: NaN, y: 3 }], 1)).toThrow('finite')
    expect(mask.count()).toBe(0)
  })
})
