import { describe, expect, it } from 'vitest'

import expected from './fixtures/tints.json'
import { paintTints, tints } from './tint'

describe('colours of a map', () => {
  it('are those of the pictures that the server draws', () => {
    expect(tints()).toEqual(expected)
  })

  it('keep the value of every grey: one channel is full', () => {
    for (const colour of tints()) expect(Math.max(...colour)).toBe(255)
  })

  it('change nothing where the probability is zero', () => {
    expect(tints()[0]).toEqual([255, 255, 255])
  })

  it('are painted opaque, red below, blue above', () => {
    const rgba = new Uint32Array(3)
    paintTints(new Uint8Array([0, 1, 255]), rgba)
    expect([...rgba]).toEqual([0xffffffff, 0xffff0000, 0xff0000ff])
    expect(() => paintTints(new Uint8Array(2), rgba)).toThrow('2 pixels and the picture 3')
  })
})
