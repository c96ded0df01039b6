/** The networks of a project as a table shows them: those of several folds in one row. */
import type { Schemas } from '../../api/client'

export type Model = Schemas['Model']

export interface Row {
  /** Id of the last of them. */
  id: string
  name: string
  round_number: number
  why: string
  /** Mean of the folds. */
  validation_dsc: number
  grown_validation_dsc: number | null
  withdrawn_films: number
  main: boolean
  /** How often it was picked blind; null where it did not compete. */
  picked: Schemas['NetworkPicks'] | null
}

const PURPOSES: Record<string, string> = {
  initial: 'from the seeds',
  retrained: 'after a batch',
  candidate: 'candidate',
  most_picked: 'the most picked, retrained',
  fold: 'cross-validation',
}
/** Only these compete in a blind choice. */
const COMPETE = ['candidate', 'fold']

/** `after a batch`; a purpose that is not known stands for itself. */
export const purposeWords = (purpose: string): string => PURPOSES[purpose] ?? purpose.replaceAll('_', ' ')

/** Rows in the order of the networks. ``names``: of rounds by their numbers, by which picks are told. */
export function rowsOf(
  models: readonly Model[],
  picks: readonly Schemas['Picks'][],
  names: ReadonlyMap<number, string>,
): Row[] {
  const folds = new Map<string, Model[]>()
  for (const model of models) {
    const key = model.purpose === 'fold' ? `${model.round_number} ${model.name}` : model.id
    folds.set(key, [...(folds.get(key) ?? []), model])
  }
  return [...folds.values()].map((all) => {
    const last = all.at(-1)!
    const round = picks.find((one) => one.round === names.get(last.round_number))
    const picked = COMPETE.includes(last.purpose) ? round?.networks.find((one) => one.name === last.name) : undefined
    return {
      id: last.id,
      name: last.name,
      round_number: last.round_number,
      why: all.length > 1 ? `${purposeWords(last.purpose)}, ${all.length} folds` : purposeWords(last.purpose),
      validation_dsc: all.reduce((sum, one) => sum + one.validation_dsc, 0) / all.length,
      grown_validation_dsc: all.length > 1 ? null : last.grown_validation_dsc,
      withdrawn_films: Math.max(...all.map((one) => one.withdrawn_films)),
      main: all.some((one) => one.main),
      picked: picked ?? null,
    }
  })
}
