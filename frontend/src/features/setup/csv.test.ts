import { expect, test } from 'vitest'

import { csv } from './csv'

test('cells with commas, quotes and line ends are quoted, and nothing is taken for a formula', () => {
  const text = csv(
    ['row', 'value'],
    [
      [2, 'a,b'],
      [null, 'say "x"\n'],
      [-3, '=1+1'],
    ],
  )
  expect(text).toBe('row,value\r\n2,"a,b"\r\n,"say ""x""\n"\r\n-3,\'=1+1\r\n')
})
