"""What is made once for all tests that only read it: a drawn report, and a small grid run by one process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlbackend.benchmark.dataset import load_dataset
from mlbackend.benchmark.plan import make_plan
from mlbackend.benchmark.run import BenchmarkFolder, run_benchmark
from mlbackend.contracts import CellResult
from tests.mlbackend.benchmark.report_world import World, make_world
from tests.mlbackend.benchmark.world import config, write_films


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    """The usual world and its report.json. Nobody may change its folder or its cells."""
    world = make_world(tmp_path_factory.mktemp("benchmark"))
    return world, json.dumps(world.report())


@pytest.fixture
def world(drawn: tuple[World, str]) -> World:
    return drawn[0]


@pytest.fixture
def report(drawn: tuple[World, str]) -> dict[str, Any]:
    """A copy of the test's own."""
    found: dict[str, Any] = json.loads(drawn[1])
    return found


@dataclass(frozen=True)
class Alone:
    """A whole grid of ``config()`` on the films of ``write_films``. Nobody may change its folder."""

    out: Path
    results: tuple[CellResult, ...]


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Alone:
    """Run by one process from beginning to end."""
    root = tmp_path_factory.mktemp("alone")
    data = load_dataset(write_films(root / "data"), negatives=["normal"])
    plan = make_plan(config(), data)
    folder = BenchmarkFolder.at(root / "out", data, config())
    folder.keep_plan(plan)
    return Alone(root / "out", tuple(run_benchmark(folder, plan, cost=False, say=lambda words: None)))
