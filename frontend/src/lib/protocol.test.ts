import { expect, test } from 'vitest'

import { isOfMds, stagesOf } from './protocol'

const judged = {
  stages: [{ kind: 'initial_training' }, { kind: 'evaluation' }, { kind: 'selection' }, { kind: 'verification' }],
}
const drawn = (readers: string): unknown => ({
  stages: [
    { kind: 'drawing', readers },
    { kind: 'out_of_fold', readers },
    { kind: 'repeated_selection', readers },
  ],
})

test('what was unsure and what is verified is for MDs in every protocol', () => {
  for (const protocol of [judged, drawn('annotator'), null])
    expect([isOfMds(protocol, 'adjudication'), isOfMds(protocol, 'verification')]).toEqual([true, true])
})

test('drawings and choices are for MDs where the protocol names them as readers', () => {
  expect([isOfMds(drawn('physician'), 'correction'), isOfMds(drawn('physician'), 'selection')]).toEqual([true, true])
  expect([isOfMds(drawn('annotator'), 'correction'), isOfMds(drawn('annotator'), 'selection')]).toEqual([false, false])
})

test('corrections and choices of judged films are for annotators', () => {
  expect([isOfMds(judged, 'correction'), isOfMds(judged, 'selection'), isOfMds(judged, 'verdict')]).toEqual([
    false,
    false,
    false,
  ])
})

test('of a protocol that is not known nothing is said, and neither of any work at all', () => {
  expect(isOfMds(null, 'correction')).toBe(false)
  expect(isOfMds(drawn('physician'), null)).toBe(false)
  expect(stagesOf({ stages: 'none' })).toEqual([])
})
