import { expect, test } from 'vitest'

import { scaleOf } from './scale'

const job = (values: number[], total = 10): { progress: Record<string, unknown> } => ({
  progress: { unit: 'epochs', total, curve: values.map((y, i) => ({ epoch: i + 1, validation_dsc: y })) },
})

test('all cards of a round share the lowest foot and the longest training', () => {
  expect(scaleOf([job([0.9, 0.95]), job([0.43, 0.8, 0.9], 40)])).toEqual({ low: 0.4, epochs: 40 })
})

test('good curves are not stretched to fill the chart, and a job without a curve changes nothing', () => {
  expect(scaleOf([job([0.96, 0.97], 2), { progress: {} }])).toEqual({ low: 0.8, epochs: 2 })
  expect(scaleOf([])).toEqual({ low: 0.8, epochs: 1 })
})
