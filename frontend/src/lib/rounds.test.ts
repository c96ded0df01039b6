import { expect, test } from 'vitest'

import { stageOfWaiting, stageWords, stepWords, usesSeeds, workOf } from './rounds'

const stage = (kind: string, state = 'waiting', rounds = 0): { kind: string; state: string; rounds: number[] } => ({
  kind,
  state,
  rounds: Array.from({ length: rounds }, (_, i) => i),
})

test('waiting films are for the drawing until it has taken its own, then for the choices after it', () => {
  const before = [stage('drawing'), stage('out_of_fold'), stage('repeated_selection')]
  expect(stageOfWaiting(before)?.kind).toBe('drawing')
  const drawing = [stage('drawing', 'running', 1), stage('out_of_fold'), stage('repeated_selection')]
  expect(stageOfWaiting(drawing)?.kind).toBe('repeated_selection')
  const chosen = [stage('drawing', 'done', 1), stage('out_of_fold', 'running', 1), stage('repeated_selection')]
  expect(stageOfWaiting(chosen)?.kind).toBe('repeated_selection')
})

test('waiting films are for the batches, and for the blind choice when these are over', () => {
  const batches = [stage('initial_training', 'done', 1), stage('evaluation', 'running', 3), stage('selection')]
  expect(stageOfWaiting(batches)?.kind).toBe('evaluation')
  batches[1]!.state = 'done'
  expect(stageOfWaiting(batches)?.kind).toBe('selection')
  expect(stageOfWaiting([stage('verification')])).toBeUndefined()
})

test('seeds belong to a protocol that trains before anybody works', () => {
  expect(usesSeeds([stage('initial_training'), stage('evaluation')])).toBe(true)
  expect(usesSeeds([stage('drawing'), stage('out_of_fold')])).toBe(false)
})

test('what people do in a step is said by the kind of the round', () => {
  expect(stepWords('review', 'drawing')).toBe('people draw')
  expect(stepWords('review', 'out_of_fold')).toBe('people choose')
  expect(stepWords('review', 'evaluation')).toBe('people judge')
  expect(stepWords('review', 'verification')).toBe('people verify')
  expect(stepWords('train_folds', 'out_of_fold')).toContain('networks learn')
  expect(workOf('drawing').done).toBe('drawn')
})

test('a stage or a step that these pages do not know stands for itself, without underscores', () => {
  expect(stageWords('a_new_kind')).toBe('a new kind')
  expect(stepWords('a_new_step', 'drawing')).toBe('a new step')
})
