/** On glass: a finger or a pen that rests on something, until it moves or is lifted. */

/** Longer than a tap, and than a key that is held: a finger rests where it means to. */
const REST_MS = 500
const SLIP_PX = 10

type Pointer = Pick<PointerEvent, 'pointerType' | 'clientX' | 'clientY'>

export class Rest {
  private at: { x: number; y: number; timer: ReturnType<typeof setTimeout>; rests: boolean } | null = null

  constructor(
    private begin: (index: number) => void,
    private end: () => void,
  ) {}

  down(index: number, { pointerType, clientX, clientY }: Pointer): void {
    const second = this.at !== null
    this.up()
    // A mouse has keys beside it, and a second finger zooms.
    if (pointerType === 'mouse' || second) return
    const at = { x: clientX, y: clientY, rests: false, timer: setTimeout(() => rests(), REST_MS) }
    const rests = (): void => {
      at.rests = true
      this.begin(index)
    }
    this.at = at
  }

  /** What moves before it has rested drags the film. */
  move({ clientX, clientY }: Pointer): void {
    if (this.at && !this.at.rests && Math.hypot(clientX - this.at.x, clientY - this.at.y) > SLIP_PX) this.up()
  }

  up(): void {
    if (!this.at) return
    clearTimeout(this.at.timer)
    if (this.at.rests) this.end()
    this.at = null
  }
}
