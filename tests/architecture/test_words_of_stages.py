"""Whatever the engine can do has words on the pages: a new kind of stage or step comes with its own."""

from __future__ import annotations

import re
from pathlib import Path

from annotation.projects.protocol.stages import STAGES
from annotation.rounds.steps import STEPS

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "frontend/src"


def words(path: str, table: str) -> set[str]:
    """Keys of a table of words in a TypeScript file."""
    text = (PAGES / path).read_text()
    found = re.search(rf"const {table}: Record<[^=]*= {{(.*?)\n}}", text, re.DOTALL)
    assert found, f"{path} has no table {table}"
    return set(re.findall(r"^  (\w+):", found.group(1), re.MULTILINE))


def test_every_kind_of_stage_has_words() -> None:
    assert words("lib/rounds.ts", "STAGES") == set(STAGES)


def test_every_step_has_words() -> None:
    # What people do in a step of theirs is said by the kind of its round.
    assert words("lib/rounds.ts", "STEPS") == set(STEPS) - {"review"}


def test_every_purpose_of_a_network_has_words() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "annotation/rounds").rglob("*.py"))
    trained = set(re.findall(r"""purpose(?:": |=)"(\w+)\"""", sources))
    assert {"candidate", "fold"} <= trained
    assert words("features/rounds/networks.ts", "PURPOSES") == trained
