import { describe, expect, it } from 'vitest'

import { fixtures, randomFrom } from './fixtures/read'
import { applyLut, autoWindow, fullWindow, PRESETS, presetWindow, windowLut } from './window'

describe('a window', () => {
  it.each(fixtures.windows)('with centre $centre and width $width shows what pydicom shows', (expected) => {
    const bytes = Buffer.from(expected.shown, 'base64')
    const lut = windowLut(8, expected.centre, expected.width, false)
    expect(lut.length).toBe(256)
    for (let value = 0; value < 256; value++) {
      expect(Math.abs(lut[value]! - bytes.readFloatLE(4 * value))).toBeLessThanOrEqual(0.5001)
    }
  })

  it('that is full shows 8-bit values as they are', () => {
    const { centre, width } = fullWindow(8)
    expect([...windowLut(8, centre, width, false)]).toEqual(Array.from({ length: 256 }, (_, value) => value))
  })

  it('that is full spreads 16-bit values evenly from black to white', () => {
    const { centre, width } = fullWindow(16)
    const lut = windowLut(16, centre, width, false)
    expect(lut.length).toBe(65536)
    expect([lut[0], lut[65535], lut[257 * 100]]).toEqual([0, 255, 100])
  })

  it('that is inverted swaps black and white', () => {
    const [plain, inverted] = [windowLut(8, 90, 50, false), windowLut(8, 90, 50, true)]
    plain.forEach((shown, value) => expect(inverted[value]).toBe(255 - shown))
  })

  it('needs a width of at least 1 and finite numbers', () => {
    expect(() => windowLut(8, 100, 0.5, false)).toThrow('width of 1 or more')
    expect(() => windowLut(8, NaN, 10, false)).toThrow(RangeError)
  })
})

describe('the automatic window', () => {
  it('runs from the 0.5th to the 99.5th percentile, so that markers and borders do not set it', () => {
    const random = randomFrom(3)
    const grey = Uint16Array.from({ length: 100_000 }, () => 1000 + Math.floor(random() * 2000))
    grey.fill(65535, 0, 300)
    grey.fill(0, 300, 600)
    const { centre, width } = autoWindow(grey, 16)
    expect(centre - 0.5 - (width - 1) / 2).toBeCloseTo(1004, -1)
    expect(centre - 0.5 + (width - 1) / 2).toBeCloseTo(2996, -1)
    const lut = windowLut(16, centre, width, false)
    expect([lut[1000], lut[2999]]).toEqual([0, 255])
  })

  it('of two values shows one black and one white', () => {
    const { centre, width } = autoWindow(Uint8Array.of(40, 200, 40, 200), 8)
    const lut = windowLut(8, centre, width, false)
    expect([lut[40], lut[200]]).toEqual([0, 255])
  })

  it('of a blank film is the full window', () => {
    expect(autoWindow(new Uint8Array(50).fill(7), 8)).toEqual({ centre: 128, width: 256 })
    expect(autoWindow(new Uint16Array(0), 16)).toEqual({ centre: 32768, width: 65536 })
  })

  it('refuses 16-bit values as 8 bits', () => {
    expect(() => autoWindow(Uint16Array.of(300), 8)).toThrow('16 bits')
  })
})

describe('the presets', () => {
  it('lie within the grey range that they are shares of', () => {
    const range = { centre: 1500, width: 1000 }
    expect(presetWindow('full', range)).toEqual(range)
    for (const name of Object.keys(PRESETS) as (keyof typeof PRESETS)[]) {
      const { centre, width } = presetWindow(name, range)
      expect(centre - width / 2).toBeGreaterThanOrEqual(999.999)
      expect(centre + width / 2).toBeLessThanOrEqual(2000.001)
    }
  })

  it('are never narrower than a window may be', () => {
    expect(presetWindow('bone', { centre: 5, width: 1 }).width).toBe(1)
  })
})

describe('a film shown through a table', () => {
  it('has opaque grey pixels', () => {
    const rgba = new Uint32Array(3)
    applyLut(Uint8Array.of(0, 7, 255), windowLut(8, 128, 256, false), rgba)
    expect([...new Uint8Array(rgba.buffer)]).toEqual([0, 0, 0, 255, 7, 7, 7, 255, 255, 255, 255, 255])
  })

  it('shows the whole range of 16 bits', () => {
    const rgba = new Uint32Array(2)
    applyLut(Uint16Array.of(0, 65535), windowLut(16, 32768, 65536, true), rgba)
    expect([...rgba]).toEqual([0xffffffff, 0xff000000])
  })

  it('is refused where table or picture do not fit it', () => {
    const lut = windowLut(8, 128, 256, false)
    expect(() => applyLut(Uint16Array.of(1), lut, new Uint32Array(1))).toThrow('16 bits')
    expect(() => applyLut(Uint8Array.of(1), lut, new Uint32Array(2))).toThrow('1 pixels')
  })
})
