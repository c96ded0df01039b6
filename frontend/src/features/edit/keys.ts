/** The editor's keys. */
import type { Binding } from '../../lib/keys'
import { type FilmActs, filmKeys } from '../../viewer/keys'
import type { Drawing, Start, ToolName } from './drawing.svelte'
import type { Offers } from './offers.svelte'
import type { EditTool } from './tools'

export interface EditorActs extends FilmActs {
  drawing: Drawing
  tool: EditTool
  offers: Offers
  start: Start | null
  others: readonly Start[]
  choose: (name: ToolName) => () => void
  resize: (factor: number) => void
  compare: (on: boolean) => void
  submit: () => void
  undo: () => void
  /** Leads back to the film, where the editor was opened from one. */
  back: (() => void) | undefined
}

export function editorKeys(acts: EditorActs): Binding[] {
  const { drawing, tool, offers, start, others, choose, resize, back } = acts
  const stepBack = (): void => void (tool.back() || drawing.undo())
  const tools: Binding[] = [
    { keys: ['b'], label: 'brush (Alt: erase)', run: choose('brush') },
    { keys: ['x'], label: 'eraser (Alt: paint)', run: choose('eraser') },
    { keys: ['p'], label: 'polygon: click its corners, Enter closes it', run: choose('polygon') },
    { keys: ['l'], label: 'lasso', run: choose('lasso') },
    { keys: ['g'], label: 'fill or clear a region', run: choose('fill') },
    { keys: ['k'], label: 'remove an island', run: choose('island') },
    { keys: ['['], label: 'smaller brush', run: () => resize(1 / 1.25) },
    { keys: [']'], label: 'larger brush', run: () => resize(1.25) },
    { keys: ['j'], label: 'fill all holes', run: () => drawing.fillHoles() },
    { keys: ['m'], label: 'smooth the outline', run: () => drawing.smooth() },
    { keys: ['+', '='], label: 'grow by a pixel', run: () => drawing.grow(1) },
    { keys: ['-'], label: 'shrink by a pixel', run: () => drawing.grow(-1) },
    { keys: ['Mod+z', 'Backspace'], label: 'undo; in an open polygon: its last corner', run: stepBack },
    { keys: ['Mod+Shift+z', 'Mod+y'], label: 'redo', run: () => drawing.redo() },
    // A drawing from nothing has no start to come back to; one that was begun from another mask is compared with it.
    ...(start || others.length
      ? [
          {
            keys: ['c'],
            label: 'compare with the start while held',
            run: () => acts.compare(true),
            release: () => acts.compare(false),
          },
        ]
      : []),
    { keys: ['n'], label: 'begin again from nothing', run: () => drawing.replace(null) },
    ...(start ? [{ keys: ['s'], label: 'begin again from the start', run: () => drawing.begin(start) }] : []),
    ...others.slice(0, 9).map((other, i) => ({
      keys: [String(i + 1)],
      label: `begin again from ${other.name}`,
      run: () => drawing.begin(other),
    })),
  ]
  const task: Binding[] = [
    { keys: ['d'], label: 'go on from a drawing that is offered', run: () => offers.take() },
    { keys: ['Shift+d'], label: 'throw a drawing that is offered away', run: () => offers.refuse() },
    {
      keys: ['Enter'],
      label: 'submit the mask (or close the polygon)',
      run: () => (tool.open ? tool.close() : acts.submit()),
    },
    {
      keys: ['Escape'],
      label: back ? 'throw the open polygon away, else back to the film' : 'throw the open polygon away',
      run: () => void (tool.cancel() || back?.()),
    },
    { keys: ['z'], label: 'take the last decision back; the drawing is kept', run: acts.undo },
  ]
  return [...tools.map((one) => ({ ...one, group: 'Tools' as const })), ...filmKeys(acts, true), ...task]
}
