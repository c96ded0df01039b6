import { bytesFor, packBits, unpackBits } from './bits'
import { Mask } from './mask'

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** What the header of a PNG says; colour type 0 is grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA. */
export interface PngInfo {
  readonly width: number
  readonly height: number
  readonly bitDepth: number
  readonly colourType: number
}

/**
 * The mask as a PNG file of one bit a pixel: greyscale, foreground white.
 *
 * Lossless, and the same bytes for the same mask in one browser. Source: PNG specification, third edition, sections
 * 5 (chunks) and 11.2 (IHDR).
 */
export async function encodeMaskPng(mask: Mask): Promise<Uint8Array<ArrayBuffer>> {
  const { data, width, height } = mask
  const stride = 1 + bytesFor(width)
  const rows = new Uint8Array(stride * height)
  // The first byte of a row names its filter; 0, none, suits one-bit rows best.
  for (let y = 0; y < height; y++) packBits(data, y * width, width, rows, y * stride + 1)

  const header = new Uint8Array(13)
  const fields = new DataView(header.buffer)
  fields.setUint32(0, width)
  fields.setUint32(4, height)
  header[8] = 1
  return join([
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', await deflate(rows)),
    chunk('IEND', new Uint8Array(0)),
  ])
}

/** The mask in a file that `encodeMaskPng` wrote; RangeError where the bytes are another kind of file. */
export async function decodeMaskPng(bytes: Uint8Array): Promise<Mask> {
  const info = pngInfo(bytes)
  if (info?.bitDepth !== 1 || info.colourType !== 0) throw new RangeError('not a mask of one bit a pixel')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const parts: Uint8Array[] = []
  for (let at = SIGNATURE.length; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (name === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)))
  }
  const rows = await through(join(parts), new DecompressionStream('deflate'))
  const stride = 1 + bytesFor(info.width)
  if (rows.length !== stride * info.height) throw new RangeError('not a whole mask')
  const mask = new Mask(info.width, info.height)
  for (let y = 0; y < info.height; y++) {
    if (rows[y * stride] !== 0) throw new RangeError('not a mask that was written here: its rows are filtered')
    mask.data.set(unpackBits(rows.subarray(y * stride + 1, (y + 1) * stride), info.width), y * info.width)
  }
  return mask
}

/** Read the header of a PNG; null where the bytes are too short or do not begin as a PNG. */
export function pngInfo(bytes: Uint8Array): PngInfo | null {
  if (bytes.length < 33 || SIGNATURE.some((byte, i) => bytes[i] !== byte)) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isHeader = view.getUint32(8) === 13 && String.fromCharCode(...bytes.subarray(12, 16)) === 'IHDR'
  if (!isHeader) return null
  return { width: view.getUint32(16), height: view.getUint32(20), bitDepth: bytes[24]!, colourType: bytes[25]! }
}

/** Length, name, content and checksum, as PNG wants every part of the file. */
function chunk(name: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + content.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, content.length)
  for (let i = 0; i < 4; i++) bytes[4 + i] = name.charCodeAt(i)
  bytes.set(content, 8)
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)))
  return bytes
}

/** Compress to a zlib stream. */
const deflate = (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  through(bytes, new CompressionStream('deflate'))

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  { readable, writable }: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const writer = writable.getWriter()
  const written = Promise.all([writer.write(bytes), writer.close()])
  const parts: Uint8Array[] = []
  const reader = readable.getReader()
  for (let step = await reader.read(); !step.done; step = await reader.read()) parts.push(step.value)
  await written
  return join(parts)
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

/** Checksum of a chunk's name and content: CRC-32 of ISO 3309, as in annex D of the PNG specification. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
