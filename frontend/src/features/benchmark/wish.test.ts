import { describe, expect, test } from 'vitest'

import type { Schemas } from '../../api/client'
import { choiceOf, gridOf, listed, missing, percent, secondOf, trainings } from './wish'

const config = {
  tasks: ['lung', 'infection'],
  networks: ['unet-resnet18', 'unet-densenet121', 'fpn-resnet18', 'fpn-densenet121'],
  schemes: ['parallel', 'cascaded'],
  folds: 5,
  second: 'group-ii',
  second_networks: ['unet-densenet121'],
} as unknown as Schemas['Config']
const version = (...targets: string[]): Schemas['Dataset'] =>
  ({ projects: targets.map((target) => ({ target })) }) as unknown as Schemas['Dataset']

describe('what a benchmark form asks for', () => {
  test('a version without infection masks is asked for lungs alone', () => {
    expect(choiceOf(config, version('lung')).tasks).toEqual(['lung'])
    expect(choiceOf(config, version('infection', 'lung')).tasks).toEqual(['lung', 'infection'])
  })
  test('lungs are trained once, infection once by scheme, on every fold', () => {
    expect(trainings(choiceOf(config, version('lung', 'infection')))).toBe(4 * 5 * (1 + 2))
    expect(trainings(choiceOf(config, version('lung')))).toBe(4 * 5)
  })
  test('the second split adds its network once, where its films are named and no fold is left out', () => {
    const choice = choiceOf(config, version('lung'))
    expect(secondOf(config, choice, listed(' pneumonia, , TB '))).toBe(1)
    expect(trainings(choice, 1)).toBe(4 * 5 + 1)
    expect(secondOf(config, choice, listed(' , '))).toBe(0)
    expect(secondOf(config, { ...choice, folds: [1, 2] }, ['TB'])).toBe(0)
    expect(secondOf(config, { ...choice, networks: ['fpn-resnet18'] }, ['TB'])).toBe(0)
  })
  test('labels are separated by commas', () => {
    expect(listed(' normal,no finding ,, ')).toEqual(['normal', 'no finding'])
  })
  test('every label set is trained anew', () => {
    const choice = { ...choiceOf(config, version('lung')), labels: ['candidate', 'final'] }
    expect(trainings(choice)).toBe(2 * 4 * 5)
    expect(missing({ ...choice, labels: [] })).toBe('choose masks to learn from')
  })
  test('what is missing is named', () => {
    const choice = choiceOf(config, version('lung', 'infection'))
    expect(missing(choice)).toBe('')
    expect(missing({ ...choice, networks: [] })).toBe('choose networks')
    expect(missing({ ...choice, schemes: [] })).toBe('choose schemes')
    expect(missing({ ...choice, tasks: ['lung'], schemes: [] })).toBe('')
  })
  test('the grid has a row by architecture and a column by encoder', () => {
    expect(gridOf(config.networks)).toEqual({ architectures: ['unet', 'fpn'], encoders: ['resnet18', 'densenet121'] })
  })
  test('shares are printed as the papers print them', () => {
    expect(percent(0.95312)).toBe('95.31')
    expect(percent(null)).toBe('–')
  })
})
