/** What a project's own copy of its protocol says of people. */
import type { TaskKind } from '../api/client'

interface Stage {
  kind: string
  readers?: string
}

/** The stages of a stored protocol; none where it is not known. */
export function stagesOf(protocol: unknown): readonly Stage[] {
  const stages = (protocol as { stages?: unknown } | null | undefined)?.stages
  return Array.isArray(stages) ? (stages as Stage[]) : []
}

const DRAW: readonly string[] = ['drawing', 'out_of_fold', 'repeated_selection']
const CHOOSE: readonly string[] = ['out_of_fold', 'repeated_selection']

/**
 * Whether the protocol gives this kind of work to MDs alone: what was unsure and what is verified always, drawings and
 * choices where no stage has annotators do them.
 */
export function isOfMds(protocol: unknown, kind: TaskKind | null): boolean {
  if (kind === 'adjudication' || kind === 'verification') return true
  if (kind !== 'correction' && kind !== 'selection') return false
  const stages = stagesOf(protocol)
  const theirs = stages.filter((stage) => (kind === 'correction' ? DRAW : CHOOSE).includes(stage.kind))
  // Judged films are corrected by annotators; so are those whose candidates were denied in a selection.
  const annotators = stages.some(
    (stage) => stage.kind === 'selection' || (kind === 'correction' && stage.kind === 'evaluation'),
  )
  return !annotators && theirs.length > 0 && theirs.every((stage) => stage.readers === 'physician')
}
