"""Whether people can use a page who see less, cannot use a mouse, or sit at a small screen.

``check_page(page)`` is for the test of any page::

    def test_everybody_can_use_the_films_page(desk):
        page = desk.open("rita", "/p/chest/films")
        expect(page.get_by_role("heading", name="Films")).to_be_visible()   # first wait until all of it is there
        check_page(page)

It asks axe-core in both themes for serious and critical findings, walks the page by Tab, and looks at it at 1024 x 768:
nothing scrolls sideways, and each control can be brought into view whole. Where a dialog is open it looks at that one.
All that it finds stands in one AssertionError. The page is left as it was, but for the focus.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "frontend/node_modules/axe-core/axe.min.js"
THEMES = ("dark", "light")
SMALL = {"width": 1024, "height": 768}
MOST_CONTROLS = 400

RUN_AXE = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] })
  return violations.filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map((one) => `${one.impact}: ${one.id}: ${one.help}: ` + one.nodes.slice(0, 4)
      .map((node) => `${node.target.join(' ')} (${node.any.map((check) => check.message).join('; ')})`).join(' | '))
}"""

FIND_CONTROLS = """() => {
  const root = document.querySelector('dialog[open]') ?? document
  const names = 'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])'
  const radios = new Set()
  window.groundworkControls = [...root.querySelectorAll(names)].filter((one) => {
    if (one.disabled || one.type === 'hidden' || !one.checkVisibility({ visibilityProperty: true })) return false
    // The arrows move within a grid too.
    if (one.tabIndex < 0 && one.closest('[role=grid]')) return false
    if (one.type !== 'radio') return true
    // The arrows move within a group of radio buttons: Tab reaches one of them.
    const [group, first] = [`${one.form?.id} ${one.name}`, one.checked || !document.querySelector(
      `input[type=radio][name="${CSS.escape(one.name)}"]:checked`)]
    if (!first || radios.has(group)) return false
    return radios.add(group)
  })
  document.activeElement?.blur()
  return window.groundworkControls.map((one) => {
    const words = one.getAttribute('aria-label') || one.innerText || one.labels?.[0]?.innerText || one.name || ''
    return `${one.tagName.toLowerCase()} "${words.trim().replace(/\\s+/g, ' ')}"`
  })
}"""

WHERE = """() => {
  const at = document.activeElement
  const style = getComputedStyle(at)
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1
  return { index: window.groundworkControls.indexOf(at), ring: ring || style.boxShadow !== 'none' }
}"""

CUT_OFF = """() => {
  const found = []
  const wide = document.documentElement
  if (wide.scrollWidth > innerWidth) found.push(`the page is ${wide.scrollWidth} px wide`)
  const where = [scrollX, scrollY]
  for (const one of window.groundworkControls) {
    one.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    const box = one.getBoundingClientRect()
    const name = one.getAttribute('aria-label') || one.innerText || one.name
    const words = `${one.tagName.toLowerCase()} "${name.trim()}"`
    if (box.left < -1 || box.right > innerWidth + 1 || box.top < -1 || box.bottom > innerHeight + 1) {
      found.push(`${words} lies outside: ${[box.left, box.top, box.right, box.bottom].map(Math.round)}`)
      continue
    }
    const full = one.tagName === 'BUTTON' && one.scrollWidth > one.clientWidth + 1
    if (full) found.push(`${words} does not hold its words`)
    const [first] = one.getClientRects()
    const hit = document.elementFromPoint(first.left + first.width / 2, first.top + first.height / 2)
    const same = hit && (one.contains(hit) || hit.contains(one) || hit.closest('label')?.contains(one))
    if (!same) found.push(`${words} is covered by ${hit?.tagName.toLowerCase()}.${hit?.className}`)
  }
  scrollTo(...where)
  return found
}"""


def axe_findings(page: Page) -> list[str]:
    """Serious and critical findings of axe-core on the page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN_AXE)
    return found


def keyboard_findings(page: Page) -> list[str]:
    """Controls that Tab does not reach, or on which the focus cannot be seen."""
    names: list[str] = page.evaluate(FIND_CONTROLS)
    assert len(names) <= MOST_CONTROLS, f"{len(names)} controls: give the page fewer rows in the test"
    reached: set[int] = set()
    unseen: set[int] = set()
    for _ in range(len(names) + 8):
        page.keyboard.press("Tab")
        at: dict[str, Any] = page.evaluate(WHERE)
        if at["index"] < 0:
            continue
        reached.add(at["index"])
        if not at["ring"]:
            unseen.add(at["index"])
        if len(reached) == len(names):
            break
    missed = sorted(set(range(len(names))) - reached)
    return [
        *(f"Tab does not reach {names[n]}" for n in missed),
        *(f"the focus cannot be seen on {names[n]}" for n in sorted(unseen)),
    ]


def small_screen_findings(page: Page) -> list[str]:
    """What scrolls sideways, is cut off or covered at 1024 x 768."""
    before = page.viewport_size
    page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    page.wait_for_timeout(150)
    page.evaluate(FIND_CONTROLS)
    found: list[str] = page.evaluate(CUT_OFF)
    if before:
        page.set_viewport_size(before)
    return found


def check_page(page: Page, *, themes: tuple[str, ...] = THEMES) -> None:
    """Raise AssertionError with all that keeps people from using the page; see the module."""
    theme = page.evaluate("document.documentElement.dataset.theme")
    found = []
    for name in themes:
        page.evaluate("name => { document.documentElement.dataset.theme = name }", name)
        found += [f"{name}: {words}" for words in axe_findings(page)]
    page.evaluate("name => { document.documentElement.dataset.theme = name }", theme)
    found += keyboard_findings(page)
    found += [f"1024 x 768: {words}" for words in small_screen_findings(page)]
    assert not found, f"{page.url}:\n" + "\n".join(found)
