// @vitest-environment jsdom
import { describe, expect, it } from 'vitest'

import { pageAfter, whyNot } from './door'

describe('the page after a sign-in', () => {
  it.each(['/p/chest', '/admin/', '/p/chest/work?kind=verdict'])('is %s where the address says so', (path) => {
    expect(pageAfter(path)).toBe(path)
  })
  it.each(['//elsewhere.org/x', 'https://elsewhere.org', '/\\elsewhere.org', 'javascript:alert(1)', '', null])(
    'is never %s',
    (path) => {
      expect(pageAfter(path)).toBeNull()
    },
  )
})

describe('a refusal of the provider', () => {
  it('is told in words, whatever it was', () => {
    expect(whyNot(null)).toBeNull()
    expect(whyNot('unknown')).toContain('no account here')
    expect(whyNot('<b>made up</b>')).not.toContain('made up')
  })
})
