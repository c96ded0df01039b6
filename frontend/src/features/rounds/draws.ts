/** Who draws a batch's masks, or drew them, in words. */
import type { Schemas } from '../../api/client'

type Batch = Pick<Schemas['BatchAhead'], 'kind' | 'network_rule' | 'networks'>

export function draws({ kind, network_rule: rule, networks }: Batch): string {
  if (kind === 'drawing') return 'People draw these films themselves.'
  const names = networks.join(', ')
  const people = kind === 'out_of_fold'
  const looked = 'Nothing is drawn: MDs look at the masks that there are.'
  const none = people ? 'Drawn by people; no network has drawn them yet.' : 'No network has drawn them yet.'
  return {
    drew: names ? `Drawn by ${people ? 'people and by ' : ''}${names}.` : kind === 'verification' ? looked : none,
    main: `${names} will draw: the main network.`,
    main_after_training: `${names} will draw, as it will be retrained before.`,
    best_of_initial: `The best of ${names} will draw, by validation DSC.`,
    most_picked: 'The most picked network will draw, retrained.',
    candidates: `${networks.length} networks will draw: ${names}.`,
    folds: `${networks.length} networks will draw, each trained on films of other patients: ${names}.`,
    none: looked,
  }[rule]
}
