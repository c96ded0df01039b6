import { expect, test } from 'vitest'

import { niceTicks, tickText } from './scale'

test('ticks are round and hold all values', () => {
  expect(niceTicks(0, 1)).toEqual([0, 0.25, 0.5, 0.75, 1])
  expect(niceTicks(0, 37)).toEqual([0, 10, 20, 30, 40])
  expect(niceTicks(0.93, 0.97)).toEqual([0.93, 0.94, 0.95, 0.96, 0.97])
  expect(niceTicks(5, 5).length).toBeGreaterThan(1)
  for (const [low, high] of [
    [-0.3, 0.8],
    [0.001, 0.0042],
    [12, 4400],
  ] as const) {
    const ticks = niceTicks(low, high)
    expect(ticks[0]).toBeLessThanOrEqual(low)
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(high - 1e-9)
    expect(ticks.length).toBeLessThanOrEqual(7)
  }
})

test('ticks are written in as many digits as tell them apart', () => {
  const ticks = niceTicks(0.981, 0.999)
  const texts = ticks.map((value) => tickText(value, ticks))
  expect(new Set(texts).size).toBe(ticks.length)
  expect(texts.map(Number)).toEqual(ticks)
  expect(tickText(10, [0, 10, 20])).toBe('10')
})
