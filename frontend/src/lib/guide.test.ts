import fc from 'fast-check'
import { expect, test } from 'vitest'

import { diffLines, guideBlocks } from './guide'

test('headings, lists and paragraphs are told apart, and what looks like HTML is text', () => {
  const text =
    '# Lungs\nDraw what you see,\nnot what you know.\n\n- the apex\n  above the clavicle\n- <b>no heart</b>\n1. first\n\n## Edge'
  expect(guideBlocks(text)).toEqual([
    { kind: 'heading', level: 1, text: 'Lungs' },
    { kind: 'paragraph', text: 'Draw what you see,\nnot what you know.' },
    { kind: 'list', ordered: false, items: ['the apex\nabove the clavicle', '<b>no heart</b>'] },
    { kind: 'list', ordered: true, items: ['first'] },
    { kind: 'heading', level: 2, text: 'Edge' },
  ])
})

test('a sign without its space is no sign', () => {
  expect(guideBlocks('#no\n-5 HU')).toEqual([{ kind: 'paragraph', text: '#no\n-5 HU' }])
})

test('the difference says which lines went and which came', () => {
  expect(diffLines('a\nb\nc', 'a\nx\nc')).toEqual([
    { kind: 'same', text: 'a' },
    { kind: 'removed', text: 'b' },
    { kind: 'added', text: 'x' },
    { kind: 'same', text: 'c' },
  ])
  expect(diffLines('', 'a')).toEqual([{ kind: 'added', text: 'a' }])
})

test('both texts can be read from their difference', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 2, maxLength: 12 })
    .map((all) => all.join('\n'))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after)
      const without = (kind: string): string =>
        lines
          .filter((line) => line.kind !== kind)
          .map((line) => line.text)
          .join('\n')
      expect(without('added')).toBe(before)
      expect(without('removed')).toBe(after)
    }),
  )
})
