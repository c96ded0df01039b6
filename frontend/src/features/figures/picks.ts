/** Rows of the blind choice: what was picked, by whom, and how often a network was preferred to the drawing. */
import type { Schemas } from '../../api/client'
import { fixed, interval } from '../../lib/figures'

type Picks = Schemas['Picks']

/** Picks are counted in parts where masks tie: `4`, `3.5`. */
export const count = (value: number): string => String(Math.round(100 * value) / 100)

/** Each mask's maker by round: networks by their picks, the drawing among them. */
export function makersOf(rounds: readonly Picks[]): {
  round: string
  maker: string
  picks: number
  share: number | null
  low: number | null
  high: number | null
  validation_dsc: number | null
}[] {
  return rounds.flatMap(({ round, networks, drawings }) =>
    [
      ...networks.map(({ name, picks, share, low, high, validation_dsc }) => ({
        round, maker: name, picks, share, low, high, validation_dsc,
      })),
      ...(drawings
        ? [{
            round, maker: 'the drawing', picks: drawings.picks, share: drawings.share, low: drawings.low,
            high: drawings.high, validation_dsc: null,
          }]
        : []),
    ].toSorted((a, b) => b.picks - a.picks),
  ) // prettier-ignore
}

export function makerCells(rounds: readonly Picks[]): string[][] {
  return makersOf(rounds).map((one) => [
    one.round,
    one.maker,
    count(one.picks),
    interval(one),
    fixed(one.validation_dsc),
  ])
}

interface Person {
  round: string
  reviewer: string
  picks: number
  denied: Schemas['CountedShare']
  networks_preferred: Schemas['Preferred'] | null
}

/** Everybody who chose, by round, all of them together first. */
export function peopleOf(rounds: readonly Picks[]): Person[] {
  return rounds.flatMap(({ round, picks, denied, drawings, people }) => [
    { round, reviewer: 'all', picks, denied, networks_preferred: drawings?.networks_preferred ?? null },
    ...people.map((one) => ({ round, ...one })),
  ])
}

export function personCells(rounds: readonly Picks[]): string[][] {
  return peopleOf(rounds).map(({ round, reviewer, picks, denied, networks_preferred: preferred }) => [
    round,
    reviewer,
    String(picks),
    `${denied.count} of ${denied.of}`,
    interval(denied),
    preferred ? `${count(preferred.count)} of ${preferred.of}` : '–',
    interval(preferred),
    preferred ? String(preferred.ties) : '–',
  ])
}
