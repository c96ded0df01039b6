import { pan, type Size, type View, zoomAt } from '../drawing/view'
import type { Binding } from '../lib/keys'
import { prefer, preferences } from '../lib/preferences.svelte'

/** CSS pixels that an arrow moves the film. */
const STEP = 60
const ZOOM = 1.25

export interface FilmActs {
  hide: (hidden: boolean) => void
  fit: () => void
  ownWindow: () => void
  /** Look at the film in another way, if there is one. */
  look: (change: (view: View, box: Size) => View) => void
}

function movement({ look }: FilmActs): Binding[] {
  const move = (key: string, label: string, dx: number, dy: number): Binding => ({
    keys: [key],
    label: `move the film ${label}`,
    run: () => look((view) => pan(view, dx * STEP, dy * STEP)),
    repeats: true,
  })
  const zoom = (key: string, label: string, factor: number): Binding => ({
    keys: [key],
    label: `zoom ${label}`,
    run: () => look((view, box) => zoomAt(view, factor, box.width / 2, box.height / 2)),
    repeats: true,
  })
  return [
    zoom('PageUp', 'in', ZOOM),
    zoom('PageDown', 'out', 1 / ZOOM),
    move('ArrowLeft', 'left', -1, 0),
    move('ArrowRight', 'right', 1, 0),
    move('ArrowUp', 'up', 0, -1),
    move('ArrowDown', 'down', 0, 1),
  ]
}

/** What the pointer does, told beside the keys: no key has such a name. */
function gesture(name: string, label: string): Binding {
  return { keys: [name], label, run: () => undefined }
}

/** Keys that every page with a film has; `draws` where dragging draws. */
export function filmKeys(acts: FilmActs, draws = false): Binding[] {
  return [
    {
      keys: ['h', 'Space'],
      label: 'hide the mask while held',
      run: () => acts.hide(true),
      release: () => acts.hide(false),
    },
    {
      keys: ['o'],
      label: 'outline or fill',
      run: () => prefer({ overlay: preferences.overlay === 'outline' ? 'fill' : 'outline' }),
    },
    { keys: ['i'], label: 'invert the greys', run: () => prefer({ invert: !preferences.invert }) },
    { keys: ['f'], label: 'fit the film into the window', run: acts.fit },
    { keys: ['w'], label: "the film's own window", run: acts.ownWindow },
    ...movement(acts),
    gesture('wheel', 'zoom at the pointer'),
    ...(draws
      ? [gesture('drag', 'draw with the tool'), gesture('middle drag', 'move the film (or two fingers, or the arrows)')]
      : [gesture('drag', 'move the film')]),
    gesture('right drag', 'window: sideways its width, up and down its level'),
  ].map((one) => ({ ...one, group: 'Film' }))
}
