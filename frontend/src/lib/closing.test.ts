import { expect, test } from 'vitest'

import { closing } from './closing'

const NOW = Date.parse('2026-03-04T20:00:00Z')
const at = (seconds: number): string => new Date(NOW + 1000 * seconds).toISOString()

test('a batch says when it closes: by the clock, by seconds when it is near, and when it is over', () => {
  expect(closing(at(660), NOW)).toMatch(/^The batch closes at \d\d:\d\d; until then acts can be taken back\.$/)
  expect(closing(at(30), NOW)).toContain('in 30 s')
  expect(closing(at(-1), NOW)).toBe('The batch is being closed.')
})
