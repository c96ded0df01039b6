/** What a benchmark form asks for, and how much work that is. */
import type { Schemas } from '../../api/client'

type Config = Schemas['Config']
type Dataset = Schemas['Dataset']

/** A choice of the form. Networks are names of the grid. */
export interface Choice {
  tasks: string[]
  networks: string[]
  schemes: string[]
  folds: number[]
  /** Whose masks networks learn from. */
  labels: string[]
}

/** Label sets in the order in which people worked, with what a network has that learns from them. */
export const LABELS: [name: string, words: string][] = [
  ['candidate', "the first network's masks"],
  ['stage2', "with stage II's work"],
  ['stage3', "with stage III's work"],
  ['final', 'the final masks'],
]

/** Targets of a version, in the order of its projects. */
export function targetsOf(version: Dataset): string[] {
  return version.projects.map((one) => one.target)
}

/** What a config does on a version where nobody changes it: only tasks that the version has masks of. */
export function choiceOf(config: Config, version: Dataset): Choice {
  const targets = targetsOf(version)
  return {
    tasks: config.tasks.filter((task) => targets.includes(task)),
    networks: [...config.networks],
    schemes: [...config.schemes],
    folds: Array.from({ length: config.folds }, (_, index) => index + 1),
    labels: ['final'],
  }
}

/**
 * How many networks are trained: infection once by scheme, lungs once, each once by label set; on each fold, and `second`
 * of them on the config's second split.
 */
export function trainings({ tasks, networks, schemes, folds, labels }: Choice, second = 0): number {
  const each = tasks.reduce((sum, task) => sum + (task === 'infection' ? schemes.length : 1), 0)
  return each * (networks.length * folds.length + second) * labels.length
}

/** How many of the chosen networks run on the second split: none where its films are not named, or folds are left out. */
export function secondOf(config: Config, choice: Choice, negatives: string[]): number {
  if (!negatives.length || choice.folds.length < config.folds) return 0
  return config.second_networks.filter((name) => choice.networks.includes(name)).length
}

/** Labels that somebody separated by commas. */
export function listed(words: string): string[] {
  return words
    .split(',')
    .map((label) => label.trim())
    .filter(Boolean)
}

/** What is missing, in words; empty where the choice can be run. */
export function missing(choice: Choice): string {
  const empty = (['tasks', 'networks', 'folds', 'labels'] as const).find((name) => !choice[name].length)
  if (empty) return `choose ${empty === 'labels' ? 'masks to learn from' : empty}`
  return choice.tasks.includes('infection') && !choice.schemes.length ? 'choose schemes' : ''
}

/** Rows and columns of a grid: architectures and encoders of names such as ``unet-resnet18``. */
export function gridOf(networks: string[]): { architectures: string[]; encoders: string[] } {
  const part = (at: 0 | 1): string[] => [
    ...new Set(
      networks.map((name) => {
        const cut = name.indexOf('-')
        return at === 0 ? name.slice(0, cut) : name.slice(cut + 1)
      }),
    ),
  ]
  return { architectures: part(0), encoders: part(1) }
}

/** A share as the papers print it: 95.31. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '–' : (100 * share).toFixed(2)
}
