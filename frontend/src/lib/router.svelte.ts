/** Addresses: the path is the state, links are plain links, back and forward work. */
class Router {
  path = $state(location.pathname)
  query = $state(new URLSearchParams(location.search))

  constructor() {
    addEventListener('popstate', () => this.read())
    document.addEventListener('click', (event) => this.follow(event))
  }

  private read(): void {
    this.path = location.pathname
    this.query = new URLSearchParams(location.search)
  }

  go(path: string, options: { replace?: boolean } = {}): void {
    history[options.replace ? 'replaceState' : 'pushState'](null, '', path)
    this.read()
    scrollTo(0, 0)
  }

  private follow(event: MouseEvent): void {
    const link = (event.target as Element | null)?.closest('a')
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (!link || !plain || link.target || link.origin !== location.origin || link.hasAttribute('download')) return
    if (/^\/(api|admin|static|health|metrics)(\/|$)/.test(link.pathname)) return
    event.preventDefault()
    this.go(link.pathname + link.search)
  }
}

export const router = new Router()

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // No address of ours: it leads nowhere, but it is shown as it is.
    return part
  }
}

/** Parts of the path by a pattern such as `/p/:slug/work`, or null. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split('/')
  const have = path.replace(/\/$/, '').split('/')
  if (want.length !== have.length) return null
  const found: Record<string, string> = {}
  for (const [i, part] of want.entries()) {
    const value = have[i] ?? ''
    if (part.startsWith(':')) found[part.slice(1)] = decoded(value)
    else if (part !== value) return null
  }
  return found
}
