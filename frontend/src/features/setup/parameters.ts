/** A protocol's parameters as a form has them: what is not touched keeps the paper's value, whatever that is. */
import type { Schemas } from '../../api/client'

export type Parameter = Schemas['Parameter']
export type Chosen = Record<string, unknown>
export interface Network {
  architecture: string
  encoder: string
}

/** The default of a parameter for a target. */
export function defaultOf(parameter: Parameter, target: string): unknown {
  return target in parameter.target_defaults ? parameter.target_defaults[target] : parameter.default
}

/** What a person typed as the number that it is; text that is none stays text, for the server to refuse by name. */
export function typed(text: string): unknown {
  if (text.trim() === '') return null
  const number = Number(text)
  return Number.isNaN(number) ? text : number
}

export const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Paths whose chosen value differs from the default. */
export function changedPaths(parameters: readonly Parameter[], chosen: Chosen, target: string): string[] {
  return parameters
    .filter((one) => one.path in chosen && !same(chosen[one.path], defaultOf(one, target)))
    .map((one) => one.path)
}

const CHECKS = [
  { name: 'replicas', value: 2 },
  { name: 'double_read_fraction', value: 0.2 },
  { name: 'probe_fraction', value: 0.05 },
]

/**
 * What protocols leave out and figures on agreement and attention need: for the stage whose proposals can be broken on
 * purpose, else for all stages that can have several readers.
 */
export function checksOf(parts: readonly { parameters: readonly Parameter[] }[]): { path: string; value: number }[] {
  const having = (name: string): typeof parts =>
    parts.filter((part) => part.parameters.some((one) => one.name === name))
  const probed = having('probe_fraction')
  return (probed.length ? probed : having('double_read_fraction')).flatMap(({ parameters }) =>
    parameters.flatMap(({ name, path }) => {
      const check = CHECKS.find((one) => one.name === name)
      return check ? [{ path, value: check.value }] : []
    }),
  )
}

/** What is sent: `{"II": {"batch_size": 40}, "postprocess": "none"}`. */
export function overrides(paths: readonly string[], chosen: Chosen): Record<string, unknown> {
  const sent: Record<string, unknown> = {}
  for (const path of paths) {
    const [part, name] = path.split('.') as [string, string | undefined]
    if (name === undefined) sent[part] = chosen[path]
    else sent[part] = { ...(sent[part] as object | undefined), [name]: chosen[path] }
  }
  return sent
}

/** Whether an error's field is this parameter or a part of it: `I.networks[0].encoder` is one of `I.networks`. */
export function concerns(field: string, path: string): boolean {
  return field === path || field.startsWith(`${path}[`) || field.startsWith(`${path}.`)
}

/** A value in few words. */
export function inWords(value: unknown): string {
  if (value === null || value === '') return 'empty'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (!Array.isArray(value)) return String(value)
  return value
    .map((one) =>
      typeof one === 'object' ? `${(one as Network).architecture} ${(one as Network).encoder}` : String(one),
    )
    .join(', ')
}

/** An address made of a name. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64)
}
