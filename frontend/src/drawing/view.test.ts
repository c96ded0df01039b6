import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { clampView, fit, pan, SCALES, toFilm, toScreen, zoomAt } from './view'

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true, noDefaultInfinity: true })
const anyView = fc.record({ scale: number(0.02, 64), x: number(-5000, 5000), y: number(-5000, 5000) })
const film = { width: 2048, height: 2500 }
const box = { width: 800, height: 600 }

describe('the view', () => {
  it('that fits shows the whole film in the middle of the pane, touching two sides', () => {
    const view = fit(film, box)
    expect(view.scale).toBeCloseTo(0.24, 12)
    expect(toScreen(view, 0, 0).y).toBeCloseTo(0, 9)
    expect(toScreen(view, 2048, 2500).y).toBeCloseTo(600, 9)
    expect(toScreen(view, 1024, 1250)).toEqual({ x: 400, y: 300 })
  })

  it('that fits a pane not laid out yet can still be turned back into film points', () => {
    const view = fit(film, { width: 0, height: 0 })
    expect(view.scale).toBeGreaterThan(0)
    expect(Number.isFinite(toFilm(view, 10, 10).x)).toBe(true)
  })

  it('takes film points to the screen and back', () => {
    fc.assert(
      fc.property(anyView, number(0, 3000), number(0, 3000), (view, x, y) => {
        const screen = toScreen(view, x, y)
        const back = toFilm(view, screen.x, screen.y)
        expect(back.x).toBeCloseTo(x, 6)
        expect(back.y).toBeCloseTo(y, 6)
      }),
    )
  })

  it('keeps the film point under the pointer while it zooms', () => {
    fc.assert(
      fc.property(anyView, number(0.1, 10), number(0, 800), number(0, 600), (view, factor, sx, sy) => {
        const before = toFilm(view, sx, sy)
        const after = toScreen(zoomAt(view, factor, sx, sy), before.x, before.y)
        expect(after.x).toBeCloseTo(sx, 5)
        expect(after.y).toBeCloseTo(sy, 5)
      }),
    )
  })

  it('stops zooming at its limits, without moving', () => {
    const view = { scale: 60, x: 10, y: 20 }
    expect(zoomAt(view, 10, 5, 5).scale).toBe(SCALES.max)
    expect(zoomAt({ ...view, scale: 4 }, 2, 5, 5, { min: 1, max: 4 })).toEqual({ ...view, scale: 4 })
    expect(zoomAt(view, 1e-9, 5, 5).scale).toBe(SCALES.min)
  })

  it('moves by the pixels asked for and keeps its scale', () => {
    expect(pan({ scale: 2, x: 1, y: 1 }, 5, -3)).toEqual({ scale: 2, x: 6, y: -2 })
  })

  it('never loses the film from sight, and is left alone where the film is in sight', () => {
    fc.assert(
      fc.property(anyView, number(-1e6, 1e6), number(-1e6, 1e6), (view, dx, dy) => {
        const moved = pan(view, dx, dy)
        const kept = clampView(moved, film, box)
        const from = toScreen(kept, 0, 0)
        const to = toScreen(kept, film.width, film.height)
        const seenX = Math.min(box.width, to.x) - Math.max(0, from.x)
        const seenY = Math.min(box.height, to.y) - Math.max(0, from.y)
        expect(seenX).toBeGreaterThan(Math.min(48, film.width * view.scale) - 1e-6)
        expect(seenY).toBeGreaterThan(Math.min(48, film.height * view.scale) - 1e-6)
        expect(clampView(kept, film, box)).toEqual(kept)
      }),
    )
    const fitting = fit(film, box)
    expect(clampView(fitting, film, box)).toEqual(fitting)
  })
})
