import { expect, test } from 'vitest'

import { bytes, leftInWords, limitsInWords, tooLarge } from './limits'

const limits = { files: 20_000, file_bytes: 64 * 1024 ** 2, total_bytes: 4 * 1024 ** 3, pixels: 64_000_000 }

test('limits are said in units that people use', () => {
  expect([bytes(1), bytes(1.5 * 1024 ** 2), bytes(4 * 1024 ** 3)]).toEqual(['1 KB', '1.5 MB', '4 GB'])
  expect(limitsInWords(limits)).toContain('at most 20,000 files, each up to 64 MB, together up to 4 GB')
})

test('a ZIP that cannot fit is refused before it is sent, with a way out', () => {
  expect(tooLarge(4 * 1024 ** 3, limits)).toBeNull()
  expect(tooLarge(5 * 1024 ** 3, limits)).toMatchObject({
    field: 'file',
    remedy: expect.stringContaining('split it') as string,
  })
})

test('who comes back is told whether anything went in', () => {
  expect(leftInWords({ name: 'a.zip', share: 0.431 }, 'Monday')).toContain(
    '43 % of a.zip were sent. Nothing of it was imported',
  )
  expect(leftInWords({ name: 'a.zip', share: 1 }, 'Monday')).toContain('The server goes on with it alone')
})
