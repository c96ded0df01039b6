/** Where values lie on a chart. */

/** Round values from below `low` to above `high`, four to six of them. */
export function niceTicks(low: number, high: number): number[] {
  const span = high - low || 1
  const rough = span / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999) ?? power
  const ticks: number[] = []
  for (let i = Math.floor(low / step + 1e-9); ticks.length < 2 || ticks.at(-1)! < high - 1e-9 * span; i++) {
    ticks.push(Number((i * step).toPrecision(12)))
  }
  return ticks
}

/** A tick's value in as many digits as tell it from its neighbours. */
export function tickText(value: number, ticks: readonly number[]): string {
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : 1
  let digits = 0
  while (digits < 6 && Math.abs(Number(step.toFixed(digits)) - step) > 1e-9) digits += 1
  return value.toFixed(digits)
}

/** Path of a mark that tells series apart without colour: circle, square, diamond, triangle, cross. */
export function mark(kind: number, x: number, y: number, r = 4.5): string {
  switch (kind % 5) {
    case 0:
      return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`
    case 1:
      return `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`
    case 2:
      return `M${x} ${y - 1.3 * r}L${x + 1.3 * r} ${y}L${x} ${y + 1.3 * r}L${x - 1.3 * r} ${y}z`
    case 3:
      return `M${x} ${y - 1.2 * r}L${x + 1.2 * r} ${y + r}L${x - 1.2 * r} ${y + r}z`
    default:
      return `M${x - r} ${y - 2}h${r - 2}v${2 - r}h4v${r - 2}h${r - 2}v4h${2 - r}v${r - 2}h-4v${2 - r}h${2 - r}z`
  }
}
