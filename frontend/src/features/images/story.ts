/** One film's history as a list of events in the order in which they happened. */
import type { Schemas } from '../../api/client'

type History = Schemas['FilmHistory']
type Mask = Schemas['FilmMask']
type Act = Schemas['FilmAct']
type Task = Schemas['FilmTask']
type Decision = Schemas['FilmDecision']

export interface Event {
  key: string
  at: string
  /** Colour of its mark: an act's decision, or the kind of event. */
  tone: 'accept' | 'reject' | 'unsure' | 'exclude' | 'accent' | 'quiet'
  title: string
  /** Pseudonym of who did it; empty for machines. */
  who: string
  seconds: number | null
  /** Lines of plain words. */
  words: string[]
  masks: string[]
  /** Polylines that an MD drew. */
  marks: [number, number][][]
  /** Taken back later, or an opinion that does not count. */
  void: boolean
}

const KINDS: Record<Task['kind'], string> = {
  verdict: 'Verdict',
  correction: 'Correction',
  adjudication: 'Adjudication',
  selection: 'Blind choice',
  verification: 'Verification',
}
const PROVENANCE: Record<string, string> = {
  seed: 'came with its film',
  accepted: 'accepted',
  corrected: 'corrected',
  adjudicated: 'accepted by an MD',
  drawn: 'drawn by an MD',
  picked: 'picked among candidates',
}
const TONES: Record<string, Event['tone']> = {
  accept: 'accept', confirm: 'accept', pick: 'accept', reject: 'reject', deny: 'reject', correct: 'accent',
  draw: 'accent', unsure: 'unsure', refer: 'unsure', advise: 'unsure', exclude: 'exclude',
} // prettier-ignore

/** What a mask is called on the page: its number in the order of making, and who drew it. */
export function maskName(mask: Mask, index: number): string {
  return `${index + 1} ${mask.network ?? mask.author ?? (mask.kind === 'probe' ? 'probe' : 'import')}`
}

export function story(history: History, datasets: readonly Schemas['FilmDataset'][]): Event[] {
  const events: Event[] = [
    event('import', history.imported_at, 'quiet', 'Imported', {
      words: [`from ${history.source}${history.label ? `, labelled ${history.label}` : ''}`],
    }),
    event('join', history.joined_at, 'quiet', `Joined the project as ${history.role}`),
    ...history.rounds.map((round) =>
      event(`round ${round.round_id}`, round.created_at, 'quiet', `Taken into round ${round.round__name}`, {
        words: [round.reason, round.stratum && `stratum ${round.stratum}`].filter(Boolean),
      }),
    ),
    ...machines(history.masks),
    ...history.decisions.map(decided),
    ...history.tasks.flatMap(tasks),
    ...history.repository.flatMap(truths),
    ...datasets.map((one) =>
      event(`dataset ${one.number}`, one.created_at, 'accent', `Frozen into dataset version ${one.number}`, {
        words: [`${one.split}, ${PROVENANCE[one.provenance] ?? one.provenance}`, one.note].filter(Boolean),
        masks: [one.mask],
      }),
    ),
  ]
  // Stable: what happened in one moment stays as the server wrote it.
  return events.sort((a, b) => a.at.localeCompare(b.at))
}

function event(key: string, at: string, tone: Event['tone'], title: string, more: Partial<Event> = {}): Event {
  return { key, at, tone, title, who: '', seconds: null, words: [], masks: [], marks: [], void: false, ...more }
}

/** Masks of imports and networks, those of one prediction as one event; people's masks come with their acts. */
function machines(masks: readonly Mask[]): Event[] {
  const groups = new Map<string, Mask[]>()
  for (const mask of masks) {
    if (mask.author && mask.kind !== 'seed') continue
    const name = mask.kind === 'candidate' ? `candidate ${mask.round_number}` : mask.id
    groups.set(name, [...(groups.get(name) ?? []), mask])
  }
  return [...groups].map(([name, drawn]) => {
    const [first] = drawn as [Mask]
    const titles = { candidate: 'Drawn by', probe: 'Broken on purpose', seed: 'Came with a mask' } as const
    const title = titles[first.kind as keyof typeof titles] ?? 'Mask'
    const networks = drawn.map((mask) => mask.network).filter((network) => network !== null)
    return event(
      `mask ${name}`,
      first.created_at,
      'quiet',
      networks.length ? `${title} ${networks.join(', ')}` : title,
      {
        masks: drawn.map((mask) => mask.id),
        words: first.kind === 'candidate' && first.round_name ? [`round ${first.round_name}`] : [],
      },
    )
  })
}

const DECIDED: Record<Decision['decision'], [title: string, tone: Event['tone']]> = {
  out: ['Taken out of the pool by screening', 'exclude'],
  in: ['Brought back into the pool', 'accent'],
  put_back: ['Put back into the queue: it can be loaded', 'accent'],
  exclude: ['Excluded, as it could not be loaded', 'exclude'],
}

function decided(one: Decision): Event {
  const [title, tone] = DECIDED[one.decision]
  const suggested = one.suggested.length ? `suggested: ${one.suggested.join(', ')}` : ''
  return event(`decision ${one.id}`, one.created_at, tone, title, {
    who: one.actor,
    words: [one.reason, suggested].filter(Boolean),
  })
}

function tasks(task: Task): Event[] {
  const name = KINDS[task.kind]
  const reading = task.replicas > 1 ? `, reading ${task.replica + 1} of ${task.replicas}` : ''
  const offered = event(`task ${task.id}`, task.created_at, 'quiet', `${name} asked for in ${task.batch}${reading}`, {
    words: [
      task.is_probe ? 'a probe: settles nothing' : '',
      task.is_repeat ? 'the same choice again: settles nothing' : '',
      task.state === 'cancelled' ? 'no longer needed' : '',
      task.state === 'set_aside' ? 'set aside: waits for an admin' : '',
    ].filter(Boolean),
    masks: task.proposal ? [task.proposal] : task.candidates.map((one) => one.mask),
  })
  const back = new Set(task.acts.map((act) => act.supersedes).filter((id) => id !== null))
  return [offered, ...task.acts.map((act) => done(task, act, back.has(act.id)))]
}

function done(task: Task, act: Act, takenBack: boolean): Event {
  const undo = act.decision === 'withdrawn'
  const name = act.act === 'report' ? 'Report that the film could not be loaded' : KINDS[task.kind]
  const words = [act.comment]
  if (act.position !== null) words.push(`at place ${act.position + 1} of ${task.candidates.length}`)
  if (act.credited.length > 1) words.push(`a tie of ${act.credited.length} near-identical masks`)
  if (act.changed_pixels !== null && act.mask) {
    const dsc = act.dsc_with_start === null ? '' : `, DSC with its start ${act.dsc_with_start.toFixed(3)}`
    words.push(`${act.changed_pixels.toLocaleString()} pixels changed${dsc}`)
  }
  if (takenBack) words.push('taken back later')
  if (!act.counts) words.push('an opinion: a colleague had settled it')
  return event(
    `act ${act.id}`,
    act.created_at,
    undo ? 'quiet' : (TONES[act.decision] ?? 'quiet'),
    undo ? `${name} taken back` : act.act === 'report' ? name : `${name}: ${act.decision}`,
    {
      who: act.actor,
      seconds: undo ? null : act.active_seconds,
      words: words.filter(Boolean),
      masks: act.mask ? [act.mask] : [],
      marks: act.marks as [number, number][][],
      void: undo || takenBack || !act.counts,
    },
  )
}

function truths(entry: Schemas['FilmTruth']): Event[] {
  const how = PROVENANCE[entry.provenance] ?? entry.provenance
  const made = event(`truth ${entry.version}`, entry.created_at, 'accept', `Ground truth, version ${entry.version}`, {
    words: [entry.verified ? `${how}; ${entry.verified} by verification` : how],
    masks: [entry.mask],
    void: entry.superseded_at !== null,
  })
  const left = entry.superseded_at
    ? [event(`truth ${entry.version} over`, entry.superseded_at, 'quiet', `Version ${entry.version} superseded`)]
    : []
  return [made, ...left]
}
