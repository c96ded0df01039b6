/** Figures as people read them, and as a table that they take away. */

interface Share {
  share: number | null
  low: number | null
  high: number | null
}

const DASH = '–'

/** `82 % (74 to 88)`, or a dash where there is nothing to share. */
export function interval(share: Share | null | undefined): string {
  if (!share || share.share === null || share.low === null || share.high === null) return DASH
  return `${percent(share.share)} (${(100 * share.low).toFixed(0)} to ${(100 * share.high).toFixed(0)})`
}

/** `82 %`. */
export function percent(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined ? DASH : `${(100 * value).toFixed(digits)} %`
}

/** `0.951`, or a dash. */
export function fixed(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined ? DASH : value.toFixed(digits)
}

/** `0.61 (0.40 to 0.79)`; without an interval the figure alone. */
export function estimate(value: number | null, low: number | null, high: number | null): string {
  if (value === null || low === null || high === null) return fixed(value, 2)
  return `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`
}

/** A p-value as it is printed: `0.034`, `< 0.001`. */
export function probability(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

/** `3 h 12 min`, `4 min`, `38 s`; below a minute and a half in seconds. */
export function duration(seconds: number): string {
  const size = Math.abs(seconds)
  const sign = seconds < 0 ? '−' : ''
  if (size < 90) return `${sign}${size.toFixed(0)} s`
  const minutes = Math.round(size / 60)
  return minutes < 60 ? `${sign}${minutes} min` : `${sign}${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

type Cell = string | number | boolean | null
export type Row = object

/** A row with all that it holds by dotted names: `{accepted: {share: 1}}` is `{'accepted.share': 1}`. */
export function flat(row: Row, before = ''): Record<string, Cell> {
  const cells: Record<string, Cell> = {}
  for (const [name, value] of Object.entries(row) as [string, unknown][]) {
    if (value !== null && typeof value === 'object') Object.assign(cells, flat(value, `${before}${name}.`))
    else cells[before + name] = value as Cell
  }
  return cells
}

/** CSV (RFC 4180) of rows, one column for every name that any row has. */
export function csv(rows: readonly Row[]): string {
  const cells = rows.map((row) => flat(row))
  const names = [...new Set(cells.flatMap(Object.keys))]
  const line = (values: readonly (Cell | undefined)[]): string => values.map(quoted).join(',')
  return [line(names), ...cells.map((row) => line(names.map((name) => row[name])))].join('\r\n') + '\r\n'
}

function quoted(value: Cell | undefined): string {
  let text = value === null || value === undefined ? '' : String(value)
  // A spreadsheet would take these for a formula.
  if (typeof value === 'string' && /^[=+\-@]/.test(text)) text = `'${text}`
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
