import { describe, expect, it } from 'vitest'

import { draws } from './draws'

describe('a batch that is read now', () => {
  it('was drawn by people where their drawings compete, before and after networks drew', () => {
    const batch = { kind: 'out_of_fold', network_rule: 'drew' as const }
    expect(draws({ ...batch, networks: [] })).toBe('Drawn by people; no network has drawn them yet.')
    expect(draws({ ...batch, networks: ['unet-resnet50'] })).toBe('Drawn by people and by unet-resnet50.')
  })
  it('waits for its networks elsewhere, and for nothing where masks are verified', () => {
    const batch = { network_rule: 'drew' as const, networks: [] }
    expect(draws({ ...batch, kind: 'repeated_selection' })).toBe('No network has drawn them yet.')
    expect(draws({ ...batch, kind: 'verification' })).toContain('MDs look at the masks')
    expect(draws({ ...batch, kind: 'drawing' })).toBe('People draw these films themselves.')
  })
})
