import { expect, test } from 'vitest'

import type { Schemas } from '../../api/client'
import { type Model, purposeWords, rowsOf } from './networks'

let made = 0
const model = (name: string, purpose: string, round: number, dsc: number): Model =>
  ({
    id: `model ${made++}`, name, purpose, round_number: round, validation_dsc: dsc, grown_validation_dsc: null,
    withdrawn_films: 0, main: false,
  }) as Model // prettier-ignore
const network = (id: string, name: string, picks: number): Schemas['NetworkPicks'] => ({
  id, name, picks, validation_dsc: 0.8, share: picks / 10, low: 0, high: 1,
}) // prettier-ignore
const round = (name: string, networks: Schemas['NetworkPicks'][]): Schemas['Picks'] => ({
  round: name, picks: 10, networks, drawings: null, people: [],
  denied: { count: 0, of: 10, share: 0, low: 0, high: 0.3 },
}) // prettier-ignore
const names = new Map([
  [2, 'Ib'],
  [3, 'II.1'],
])

test('networks of folds are one row with their mean and the picks of them all', () => {
  const models = [1, 2, 3].map((n) => model('unet-a', 'fold', 2, 0.7 + n / 100))
  const [row, ...others] = rowsOf(models, [round('Ib', [network(models[2]!.id, 'unet-a', 4)])], names)
  expect(others).toEqual([])
  expect(row).toMatchObject({ name: 'unet-a', why: 'cross-validation, 3 folds' })
  expect(row?.validation_dsc).toBeCloseTo(0.72)
  expect(row?.picked?.picks).toBe(4)
})

test('the same network of two rounds keeps the picks of each apart, and what did not compete has none', () => {
  const models = [
    model('unet-a', 'fold', 2, 0.7),
    model('unet-a', 'candidate', 3, 0.8),
    model('unet-a', 'most_picked', 3, 0.9),
  ]
  const picks = [round('Ib', [network('x', 'unet-a', 1)]), round('II.1', [network('y', 'unet-a', 5)])]
  const rows = rowsOf(models, picks, names)
  expect(rows.map((one) => one.picked?.picks ?? null)).toEqual([1, 5, null])
  expect(rows.map((one) => one.why)).toEqual(['cross-validation', 'candidate', 'the most picked, retrained'])
})

test('a network that is to be trained anew is not hidden among its folds', () => {
  const models = [model('unet-a', 'fold', 2, 0.7), model('unet-a', 'fold', 2, 0.7)]
  models[0]!.withdrawn_films = 2
  expect(rowsOf(models, [], names)[0]?.withdrawn_films).toBe(2)
  expect(purposeWords('some_day')).toBe('some day')
})
