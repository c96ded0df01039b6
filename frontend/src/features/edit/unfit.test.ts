import { describe, expect, it } from 'vitest'

import { Mask } from '../../drawing'
import { doubtOf, type Drawn, unfit } from './unfit'

const drawn: Drawn = { count: 12, pixels: 100, open: false, mayBeEmpty: false, instead: 'or exclude the film' }

describe('a mask that is to be submitted', () => {
  it('goes when something is drawn and nothing is open', () => {
    expect(unfit(drawn)).toBe('')
  })
  it('waits for an open polygon, and is not the whole film', () => {
    expect(unfit({ ...drawn, open: true })).toContain('Enter closes it')
    expect(unfit({ ...drawn, count: 100 })).toBe('the mask covers the whole film')
  })
  it('is empty only where a film may have nothing to draw', () => {
    expect(unfit({ ...drawn, count: 0, mayBeEmpty: true })).toBe('')
    expect(unfit({ ...drawn, count: 0 })).toBe('the mask is empty: draw it, or exclude the film')
    expect(unfit({ ...drawn, count: 0, instead: '' })).toBe('the mask is empty: draw it')
  })
  it('is not called wrong before it is known whether it may be empty', () => {
    expect(unfit({ ...drawn, count: 0, mayBeEmpty: null })).toContain('try again in a moment')
  })
})

describe('a mask that may be sent by mistake', () => {
  const mask = (...set: number[]): Mask => {
    const made = new Mask(4, 4)
    for (const i of set) made.data[i] = 1
    return made
  }
  it('is asked about where it is a denied one that nobody changed', () => {
    expect(doubtOf(mask(5, 6), null, [mask(1), mask(5, 6)])).toBe('denied')
    expect(doubtOf(mask(5, 6), mask(9), [mask(5, 6)])).toBe('denied')
    expect(doubtOf(mask(5, 6, 7), null, [mask(1), mask(5, 6)])).toBe(null)
  })
  it('is asked about where it is the start, or where nobody drew on an empty one', () => {
    expect(doubtOf(mask(5), mask(5), [mask(5)])).toBe('unchanged')
    expect(doubtOf(mask(), null, [mask()])).toBe('nothing')
    expect(doubtOf(mask(), mask(5), [])).toBe(null)
  })
})
