import { expect, test } from 'vitest'

import type { Schemas } from '../../api/client'
import { makerCells, makersOf, peopleOf, personCells } from './picks'

const share = { share: 0.6, low: 0.31, high: 0.83 }
const competed: Schemas['Picks'] = {
  round: 'Ib',
  picks: 9,
  denied: { count: 1, of: 10, share: 0.1, low: 0.02, high: 0.4 },
  networks: [
    { id: 'a', name: 'unet-a', picks: 1.5, validation_dsc: 0.81, share: 0.17, low: 0.05, high: 0.45 },
    { id: 'b', name: 'unet-b', picks: 4, validation_dsc: 0.8, share: 0.44, low: 0.19, high: 0.73 },
  ],
  drawings: {
    picks: 3.5, share: 0.39, low: 0.16, high: 0.68, networks_preferred: { ...share, count: 5.5, of: 9, ties: 1 },
  },
  people: [
    {
      reviewer: 'p1', picks: 9, denied: { count: 1, of: 10, share: 0.1, low: 0.02, high: 0.4 },
      networks_preferred: { ...share, count: 5.5, of: 9, ties: 1 },
    },
  ],
} // prettier-ignore
const alone: Schemas['Picks'] = {
  ...competed,
  round: 'II.1',
  drawings: null,
  people: [{ ...competed.people[0]!, networks_preferred: null }],
}

test('the drawing stands among the networks by how often it was picked, and a tie counts in parts', () => {
  expect(makersOf([competed]).map((one) => [one.maker, one.picks])).toEqual([
    ['unet-b', 4],
    ['the drawing', 3.5],
    ['unet-a', 1.5],
  ])
  expect(makerCells([competed])[1]).toEqual(['Ib', 'the drawing', '3.5', '39 % (16 to 68)', '–'])
})

test('where no drawing competed only networks are told', () => {
  expect(makersOf([alone]).map((one) => one.maker)).toEqual(['unet-b', 'unet-a'])
  expect(personCells([alone])[0]?.slice(5)).toEqual(['–', '–', '–'])
})

test('all stand before each person, with what each denied and how often each preferred a network', () => {
  expect(peopleOf([competed, alone]).map((one) => [one.round, one.reviewer])).toEqual([
    ['Ib', 'all'],
    ['Ib', 'p1'],
    ['II.1', 'all'],
    ['II.1', 'p1'],
  ])
  expect(personCells([competed])[1]).toEqual([
    'Ib', 'p1', '9', '1 of 10', '10 % (2 to 40)', '5.5 of 9', '60 % (31 to 83)', '1',
  ]) // prettier-ignore
})
