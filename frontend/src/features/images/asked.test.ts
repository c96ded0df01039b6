import { describe, expect, it } from 'vitest'

import { read, write } from './asked'

describe('the address of the films browser', () => {
  it('keeps what was asked for', () => {
    const asked = {
      filters: { state: 'settled', label: 'COVID-19 & other', round: 'II.1' },
      order: 'least_confidence',
      outline: true,
    } as const
    expect(read(new URLSearchParams(write(asked)))).toEqual(asked)
  })

  it('is empty where nothing is asked for', () => {
    expect(write({ filters: { role: '' as never }, order: 'newest', outline: false })).toBe('')
  })

  it('takes no order and no filter that there is not', () => {
    expect(read(new URLSearchParams('order=random&colour=red'))).toEqual({
      filters: {},
      order: 'newest',
      outline: false,
    })
  })
})
