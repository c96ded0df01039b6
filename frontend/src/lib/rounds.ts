/** Stages, rounds and their steps in words, wherever they are shown. */

const STAGES: Record<string, string> = {
  initial_training: 'networks learn from the seeds',
  drawing: 'people draw some films from nothing',
  out_of_fold: 'the drawing against networks that never saw the film, blind',
  evaluation: 'people judge batches',
  selection: 'the best of several, blind',
  repeated_selection: 'the best of several, blind, until few are denied',
  verification: 'MDs verify a share',
}

const STEPS: Record<string, string> = {
  train: 'networks learn',
  train_folds: 'networks learn, each without one part of the films',
  elect: 'the most picked network is found',
  choose: 'films are chosen',
  take: 'films are taken',
  again: 'the drawn films are taken once more',
  predict: 'networks draw',
  offer: 'films are handed out',
  draw: 'the test set is drawn',
  estimate: 'the share of faults is estimated',
}

/** What people do in a round, by its kind. */
const WORK: Record<string, { now: string; done: string; each: string }> = {
  drawing: { now: 'draw', done: 'drawn', each: 'to draw' },
  out_of_fold: { now: 'choose on', done: 'judged', each: 'to choose on' },
  selection: { now: 'choose on', done: 'judged', each: 'to choose on' },
  repeated_selection: { now: 'choose on', done: 'judged', each: 'to choose on' },
  verification: { now: 'verify', done: 'judged', each: 'to verify' },
}
const JUDGING = { now: 'judge', done: 'judged', each: 'being read' }

/** `MDs verify a share`; a kind that is not known stands for itself. */
export const stageWords = (kind: string): string => STAGES[kind] ?? kind.replaceAll('_', ' ')

/** What people do in a round of this kind: they `draw` its films, which are then `drawn`, and until then `to draw`. */
export const workOf = (kind: string): { now: string; done: string; each: string } => WORK[kind] ?? JUDGING

/** `networks learn`; what people do hangs on the kind of the round. */
export function stepWords(step: string, round: string): string {
  if (step !== 'review') return STEPS[step] ?? step.replaceAll('_', ' ')
  const { now } = workOf(round)
  return now === 'choose on' ? 'people choose' : `people ${now}`
}

interface Stage {
  kind: string
  state: string
  rounds: readonly unknown[]
}

/** Whether the protocol begins from films that bring their masks. */
export const usesSeeds = (stages: readonly { kind: string }[]): boolean =>
  stages.some((stage) => stage.kind === 'initial_training')

/**
 * The stage that the waiting films are for. A drawing takes its films once, when its round begins, and what is left then
 * is for a later stage; an evaluation takes them batch by batch.
 */
export function stageOfWaiting<T extends Stage>(stages: readonly T[]): T | undefined {
  return stages.find(
    ({ kind, state, rounds }) =>
      state !== 'done' &&
      (kind === 'evaluation' || kind === 'selection' || (kind === 'drawing' && !rounds.length) ||
        kind === 'repeated_selection'),
  ) // prettier-ignore
}
