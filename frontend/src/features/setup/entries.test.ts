import { expect, test } from 'vitest'

import type { Schemas } from '../../api/client'
import { blank, followed } from './entries'

const targets = ['lung', 'infection'].map((name) => ({ name, label: name, conventions: [{ name: `${name} way` }] }))
const protocols = [
  { name: 'any', target: '' },
  { name: 'own', target: 'infection' },
] as unknown as Schemas['Protocol'][]
const known = targets as unknown as Schemas['Target'][]
const begun = blank(known, protocols)

test('a protocol that is meant for a target brings it, with its convention', () => {
  expect(begun).toMatchObject({ protocol: 'any', target: 'lung', convention: 'lung way' })
  const own = { ...begun, chosen: { 'II.total': 5 }, ...followed(known, protocols, begun, 'own') }
  expect(own).toMatchObject({ protocol: 'own', target: 'infection', convention: 'infection way', chosen: {} })
  expect(blank(known, protocols.toReversed())).toMatchObject({ protocol: 'own', target: 'infection' })
})

test('a target that somebody chose stays with a protocol for any, and one that came with a protocol goes with it', () => {
  const own = { ...begun, ...followed(known, protocols, begun, 'own') }
  expect(followed(known, protocols, own, 'any')).toMatchObject({ target: 'lung', convention: 'lung way' })
  const chosen = { ...begun, target: 'infection', convention: 'another way' }
  expect({ ...chosen, ...followed(known, protocols, chosen, 'any') }).toMatchObject({ convention: 'another way' })
})
