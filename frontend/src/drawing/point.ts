/** A place on the film in film pixels, continuous: pixel (i, j) covers [i, i + 1) x [j, j + 1), its centre is (i + 0.5, j + 0.5). */
export interface Point {
  readonly x: number
  readonly y: number
}
