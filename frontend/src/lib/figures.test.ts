import { expect, test } from 'vitest'

import { csv, duration, estimate, flat, interval, percent, probability } from './figures'

test('a share is read with its interval, and a dash where there is none', () => {
  expect(interval({ share: 0.824, low: 0.741, high: 0.879 })).toBe('82 % (74 to 88)')
  expect(interval({ share: null, low: null, high: null })).toBe('–')
  expect(interval(null)).toBe('–')
  expect(estimate(0.614, 0.4, 0.79)).toBe('0.61 (0.40 to 0.79)')
  expect(estimate(1, null, null)).toBe('1.00')
  expect(percent(-0.5)).toBe('-50 %')
})

test('small probabilities and long times are rounded as people do', () => {
  expect(probability(0.0004)).toBe('< 0.001')
  expect(probability(0.0341)).toBe('0.034')
  expect([duration(38), duration(240), duration(11520), duration(-120)]).toEqual([
    '38 s',
    '4 min',
    '3 h 12 min',
    '−2 min',
  ])
})

test('nested rows become columns by dotted names', () => {
  expect(flat({ batch: 'II.1', accepted: { share: 0.5, low: null }, counts: [3, 4] })).toEqual({
    batch: 'II.1',
    'accepted.share': 0.5,
    'accepted.low': null,
    'counts.0': 3,
    'counts.1': 4,
  })
})

test('csv quotes what must be quoted, keeps every column and lets no text be a formula', () => {
  const text = csv([{ a: 'x,y', b: null }, { a: 'says "no"', c: -1 }, { a: '=SUM(A1)' }])
  expect(text).toBe('a,b,c\r\n"x,y",,\r\n"says ""no""",,-1\r\n\'=SUM(A1),,\r\n')
})
