/** Which pointer does what on a film: a pen or one finger works, two fingers move the film, a palm does nothing. */
import type { Size } from '../drawing/view'

export interface Spot {
  readonly x: number
  readonly y: number
}

/** What a pointer's event means: the one that works, fingers that move the film, or nothing at all. */
export type Meaning = 'work' | 'pinch' | 'ignore'

/** How two fingers moved: zoom by `factor` about (x, y), after a move by (dx, dy), in CSS pixels. */
export interface Pinch {
  readonly factor: number
  readonly x: number
  readonly y: number
  readonly dx: number
  readonly dy: number
}

/** For so long after a pen was near, touches are taken for the hand that holds it. */
export const PEN_REST_MS = 1000
/** A contact as wide as this is a palm, whatever else is there; a fingertip is about 25 CSS pixels. */
export const PALM_PX = 90

export interface PointerLike extends Spot, Partial<Size> {
  readonly id: number
  readonly type: string
  /** Milliseconds of any clock that runs on. */
  readonly time: number
}

/**
 * Follows all pointers of one pane. The caller tells every event and asks what it means.
 *
 * Where the second finger lands, or a pen after a touch, the work that the first touch began is broken off: `down`
 * then calls `onBreak`. Fingers that are left over from a pinch, or that were down before the pen, do nothing until
 * all have been lifted.
 */
export class Gestures {
  private touches = new Map<number, Spot>()
  private worker: { id: number; type: string } | null = null
  private pinching = false
  /** Touches that mean nothing until they are lifted. */
  private idle = new Set<number>()
  private penSeen = -Infinity

  constructor(private onBreak: () => void) {}

  /** Whether a pointer is at work. */
  get working(): boolean {
    return this.worker !== null
  }

  down(pointer: PointerLike): Meaning {
    if (pointer.type === 'pen') {
      this.penSeen = pointer.time
      if (this.worker?.type === 'touch') this.breakOff()
      this.pinching = false
      for (const id of this.touches.keys()) this.idle.add(id)
      this.touches.clear()
      return this.begin(pointer)
    }
    if (pointer.type !== 'touch') return this.begin(pointer)
    const palm = Math.max(pointer.width ?? 0, pointer.height ?? 0) >= PALM_PX
    const penNear = this.worker?.type === 'pen' || pointer.time - this.penSeen < PEN_REST_MS
    if (palm || penNear || this.idle.size || this.touches.size >= 2) {
      this.idle.add(pointer.id)
      return 'ignore'
    }
    this.touches.set(pointer.id, { x: pointer.x, y: pointer.y })
    if (this.touches.size === 2) {
      this.breakOff()
      this.pinching = true
      return 'pinch'
    }
    return this.begin(pointer)
  }

  /** What a move means; where it is a pinch, how the film moves with it. */
  move(pointer: PointerLike): Meaning | Pinch {
    if (pointer.type === 'pen') this.penSeen = pointer.time
    if (this.idle.has(pointer.id)) return 'ignore'
    if (this.pinching && this.touches.has(pointer.id)) return this.pinch(pointer)
    if (this.worker) return this.worker.id === pointer.id ? 'work' : 'ignore'
    // A mouse or a pen that hovers shows where it would work.
    return pointer.type === 'touch' ? 'ignore' : 'work'
  }

  /** The pointer was lifted, or the system took it away. */
  up(pointer: PointerLike): Meaning {
    if (pointer.type === 'pen') this.penSeen = pointer.time
    const idle = this.idle.delete(pointer.id)
    this.touches.delete(pointer.id)
    if (this.pinching) {
      for (const id of this.touches.keys()) this.idle.add(id)
      this.touches.clear()
      this.pinching = false
      return 'pinch'
    }
    if (idle || this.worker?.id !== pointer.id) return 'ignore'
    this.worker = null
    return 'work'
  }

  private begin(pointer: PointerLike): Meaning {
    if (this.worker && this.worker.id !== pointer.id) return 'ignore'
    this.worker = { id: pointer.id, type: pointer.type }
    return 'work'
  }

  private breakOff(): void {
    if (!this.worker) return
    this.worker = null
    this.onBreak()
  }

  private pinch(pointer: PointerLike): Pinch {
    const [a, b] = [...this.touches.keys()] as [number, number]
    const before = [this.touches.get(a)!, this.touches.get(b)!] as const
    this.touches.set(pointer.id, { x: pointer.x, y: pointer.y })
    const after = [this.touches.get(a)!, this.touches.get(b)!] as const
    const middle = (two: readonly [Spot, Spot]): Spot => ({
      x: (two[0].x + two[1].x) / 2,
      y: (two[0].y + two[1].y) / 2,
    })
    const apart = (two: readonly [Spot, Spot]): number => Math.hypot(two[0].x - two[1].x, two[0].y - two[1].y)
    const [from, to] = [middle(before), middle(after)]
    return {
      factor: Math.max(1, apart(after)) / Math.max(1, apart(before)),
      ...to,
      dx: to.x - from.x,
      dy: to.y - from.y,
    }
  }
}
