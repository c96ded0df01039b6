import { expect, test } from 'vitest'

import { changedPaths, checksOf, concerns, overrides, type Parameter, slugOf, typed } from './parameters'

const parameter = (path: string, value: unknown, other = {}): Parameter =>
  ({ path, default: value, target_defaults: other }) as Parameter

test('only what differs from the default of the target is sent, by part', () => {
  const all = [
    parameter('II.batch_size', 500),
    parameter('II.total', 3000),
    parameter('postprocess', 'lung', { infection: 'none' }),
  ]
  const chosen = { 'II.batch_size': 40, 'II.total': 3000, postprocess: 'none' }
  expect(overrides(changedPaths(all, chosen, 'lung'), chosen)).toEqual({ II: { batch_size: 40 }, postprocess: 'none' })
  expect(overrides(changedPaths(all, chosen, 'infection'), chosen)).toEqual({ II: { batch_size: 40 } })
})

const stage = (name: string, ...parameters: string[]): { parameters: Parameter[] } => ({
  parameters: parameters.map((one) => ({ ...parameter(`${name}.${one}`, 0), name: one })),
})

test('checks of readers are offered for the stage that has probes, else for all stages that several may read', () => {
  const judged = stage('II', 'replicas', 'double_read_fraction', 'probe_fraction', 'total')
  const chosen = stage('III', 'replicas', 'double_read_fraction')
  expect(checksOf([judged, chosen])).toEqual([
    { path: 'II.replicas', value: 2 },
    { path: 'II.double_read_fraction', value: 0.2 },
    { path: 'II.probe_fraction', value: 0.05 },
  ])
  expect(checksOf([stage('Ia', 'total'), chosen]).map((one) => one.path)).toEqual([
    'III.replicas',
    'III.double_read_fraction',
  ])
  expect(checksOf([stage('Ia', 'total')])).toEqual([])
})

test('numbers are numbers however they are written, and what is none is left to the server', () => {
  expect([typed('1e-4'), typed('40'), typed(''), typed('many')]).toEqual([0.0001, 40, null, 'many'])
})

test('an error within a list of networks belongs to the list', () => {
  expect(concerns('I.networks[0].encoder', 'I.networks')).toBe(true)
  expect(concerns('II.total', 'I')).toBe(false)
  expect(concerns('II.total_films', 'II.total')).toBe(false)
})

test('an address is made of a name in any alphabet that has plain letters', () => {
  expect(slugOf('  Lungen: Köln & Süd  ')).toBe('lungen-koln-sud')
})
