/** The drawing guide's text: paragraphs, headings and lists by signs that read well as plain text too. */

export type GuideBlock =
  | { kind: 'heading'; level: 1 | 2; text: string }
  | { kind: 'list'; ordered: boolean; items: string[] }
  | { kind: 'paragraph'; text: string }

/** `# ` and `## ` begin headings, `- ` or `* ` and `1. ` items; an empty line ends a paragraph. Nothing else is a sign. */
export function guideBlocks(text: string): GuideBlock[] {
  const blocks: GuideBlock[] = []
  let open: GuideBlock | null = null
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trimEnd()
    const heading = /^(##?) +(.*)$/.exec(line)
    const item = /^\s*(?:[-*]|(\d+)[.)]) +(.*)$/.exec(line)
    if (heading) {
      blocks.push({ kind: 'heading', level: heading[1] === '#' ? 1 : 2, text: heading[2]! })
      open = null
    } else if (item) {
      const ordered = item[1] !== undefined
      if (open?.kind !== 'list' || open.ordered !== ordered) blocks.push((open = { kind: 'list', ordered, items: [] }))
      open.items.push(item[2]!)
    } else if (!line.trim()) {
      open = null
    } else if (open?.kind === 'paragraph') {
      open.text += `\n${line}`
    } else if (open?.kind === 'list' && /^\s/.test(raw)) {
      open.items[open.items.length - 1] += `\n${line.trim()}`
    } else {
      blocks.push((open = { kind: 'paragraph', text: line }))
    }
  }
  return blocks
}

export interface DiffLine {
  kind: 'same' | 'added' | 'removed'
  text: string
}

/** What became of each line: the longest common lines stay, the rest went or came. */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before ? before.split(/\r?\n/) : []
  const b = after ? after.split(/\r?\n/) : []
  // longest[i][j]: common lines of a from i on and b from j on.
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i]![j] = a[i] === b[j] ? longest[i + 1]![j + 1]! + 1 : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!)
    }
  }
  const lines: DiffLine[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i++]! })
      j++
    } else if (i < a.length && (j === b.length || longest[i + 1]![j]! >= longest[i]![j + 1]!)) {
      lines.push({ kind: 'removed', text: a[i++]! })
    } else {
      lines.push({ kind: 'added', text: b[j++]! })
    }
  }
  return lines
}
