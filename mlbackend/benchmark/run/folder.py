"""The benchmark's folder: plan, cells, lungs, cost and report, each file put into place whole."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mlbackend.benchmark.config import BenchmarkConfig
from mlbackend.benchmark.dataset import Dataset, Film
from mlbackend.benchmark.label_cards import label_cards
from mlbackend.benchmark.plan import Plan
from mlbackend.benchmark.record import DataCard, LabelCard, SplitCard, TaskCard
from mlbackend.benchmark.report import write_report
from mlbackend.card import environment
from mlbackend.contracts import CellResult, Outcome
from mlbackend.data.reading import read_gray, read_mask
from mlbackend.storage import FolderStorage, OverlayStorage, Storage

PLAN = "plan.json"
ENVIRONMENT = "environment.json"
CARDS = "label-sets.json"
FREE = (
    "name",
    "only",
    "description",
    "source",
    "deviations",
    "tasks",
    "architectures",
    "encoders",
    "encoder_frozen",
    "schemes",
    "label_sets",
    "paper",
)
"""Settings that may differ when a benchmark is gone on with: they choose cells, they do not change them."""


class BenchmarkError(RuntimeError):
    """A benchmark that cannot be done; says why and what to change."""


class BenchmarkFolder:
    """One benchmark of one dataset: its files, which may lie in a folder or in any other storage."""

    def __init__(self, files: Storage, data: Dataset, config: BenchmarkConfig) -> None:
        self.files, self.data, self.config = files, data, config
        self.storage = OverlayStorage(data.storage, files)

    @classmethod
    def at(cls, out: Path, data: Dataset, config: BenchmarkConfig) -> Self:
        """A benchmark below the folder ``out``."""
        return cls(FolderStorage(out), data, config)

    def keep_plan(self, plan: Plan) -> None:
        """Write the plan, or see that the one in place is the same. Raises BenchmarkError naming what differs."""
        fixed = {name: value for name, value in self.config.to_json().items() if name not in FREE}
        identity = {
            **fixed, "data_hash": plan.data_hash, "negatives": self.data.negatives,
            "second_negatives": self.data.second_negatives,
        }  # fmt: skip
        labels = self.data.label_hashes
        if self.files.exists(PLAN):
            before = _with_new_settings(json.loads(self.files.read(PLAN))["identity"])
            # More label sets may join; what one of them holds must stay.
            kept = before.pop("labels", {})
            for name in sorted(kept.keys() & labels.keys()):
                if kept[name] != labels[name]:
                    raise BenchmarkError(
                        f"{self._named()} holds a benchmark with other {name!r} masks; name another --out, or give "
                        "the same label history to go on"
                    )
            labels = kept | labels
            for name in sorted({*before, *identity}):
                if before.get(name) != identity.get(name):
                    differs = _difference(name, before.get(name), identity.get(name))
                    raise BenchmarkError(
                        f"{self._named()} holds a benchmark with another {differs}; name another --out, or give the "
                        "same settings and data to go on"
                    )
        content = {
            "format": 1,
            "identity": identity | ({"labels": labels} if labels else {}),
            "config": self.config.to_json(),
            "plan": plan.to_json(),
            "data": self._data_card(plan).to_json(),
        }
        self._write(PLAN, content)

    def _data_card(self, plan: Plan) -> DataCard:
        data = self.data
        return DataCard(
            name=data.name,
            hash=data.data_hash,
            films=len(data.films),
            patients=len({film.patient for film in data.films}),
            test_from=plan.test_from,
            where=list(data.where),
            groups=len({film.group for film in data.films}),
            negatives=data.negatives,
            second_negatives=data.second_negatives,
            near_duplicates_joined=data.joined,
            tasks={
                task: TaskCard(
                    describe([film for film in data.films if task in film.masks]),
                    [
                        {split: describe(films) for split, films in plan.of(data.films, task, fold.number).items()}
                        for fold in plan.folds
                    ],
                )
                for task in self.config.tasks
            },
            label_sets=self._label_cards(plan),
        )

    def _label_cards(self, plan: Plan) -> dict[str, list[LabelCard]]:
        """What the label sets are, by task; read from all masks, so it is kept for the next start."""
        if self.data.history is None:
            return {}
        asked = {
            "data": plan.data_hash, "labels": self.data.label_hashes, "sets": self.config.label_sets,
            "tasks": self.config.tasks, "plan": plan.to_json()["folds"][0],
        }  # fmt: skip
        before = self.read(CARDS)
        if before is None or before["asked"] != asked:
            made = label_cards(self.data, plan, self.config)
            before = {
                "asked": asked,
                "cards": {task: [card.to_json() for card in cards] for task, cards in made.items()},
            }
            self.keep(CARDS, before)
        return {task: [LabelCard.from_json(card, CARDS) for card in cards] for task, cards in before["cards"].items()}

    def keep_environment(self, device: str, threads: int) -> None:
        """Versions and hardware of this start."""
        self._write(ENVIRONMENT, environment(device, threads))

    def result(self, cell: str) -> CellResult | None:
        """A cell that has ended, or None."""
        key = f"cells/{cell}/result.json"
        return CellResult.from_json(json.loads(self.files.read(key))) if self.files.exists(key) else None

    def succeeded(self, cell: str) -> CellResult | None:
        """A cell that ended well, or None."""
        result = self.result(cell)
        return result if result is not None and result.outcome == Outcome.SUCCEEDED else None

    def keep_result(self, cell: str, result: CellResult) -> None:
        """The cell has ended."""
        self._write(f"cells/{cell}/result.json", result.to_json())

    def keep(self, key: str, content: Any) -> None:
        """Any other file of the benchmark, as JSON."""
        self._write(key, content)

    def read(self, key: str) -> Any:
        """A JSON file of the benchmark, or None where it is not there."""
        return json.loads(self.files.read(key)) if self.files.exists(key) else None

    def _named(self) -> str:
        return str(self.files.root) if isinstance(self.files, FolderStorage) else "this place"

    def report(self) -> str:
        """Write the report of what has ended so far below ``report/``; returns the page's key. Raises ReportError."""
        by_id = {film.film_id: film for film in self.data.films}

        def read_film(film_id: str) -> npt.NDArray[np.uint8]:
            return read_gray(self.storage.read(by_id[film_id].image_key), film_id)

        def read_truth(task: str, film_id: str) -> npt.NDArray[np.bool_]:
            key = by_id[film_id].masks[task]
            return read_mask(self.storage.read(key), film_id) if key else np.zeros_like(read_film(film_id), bool)

        def write(out: Path) -> Path:
            return write_report(out, read_film=read_film, read_truth=read_truth, storage=self.storage)

        if isinstance(self.files, FolderStorage):
            return write(self.files.root).relative_to(self.files.root).as_posix()
        return self._report_elsewhere(write)

    def _report_elsewhere(self, write: Callable[[Path], Path]) -> str:
        """The report is made in a folder, then put into storage, its page last."""
        with tempfile.TemporaryDirectory(prefix="benchmark-report-") as name:
            out = Path(name)
            for key in [*self.files.list("cells/"), *self.files.list("cost/"), PLAN, ENVIRONMENT]:
                (out / key).parent.mkdir(parents=True, exist_ok=True)
                (out / key).write_bytes(self.files.read(key))
            page = write(out)
            made = [path for path in sorted(page.parent.rglob("*")) if path.is_file() and path != page]
            keys = {path.relative_to(out).as_posix(): path for path in [*made, page]}
            for old in set(self.files.list(f"{page.parent.name}/")) - keys.keys():
                self.files.delete(old)
            for key, path in keys.items():
                self.files.write(key, path.read_bytes())
            return page.relative_to(out).as_posix()

    def _write(self, key: str, content: Any) -> None:
        self.files.write(key, json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False).encode())


def _with_new_settings(identity: dict[str, Any]) -> dict[str, Any]:
    """With the defaults of settings that were not there yet when the benchmark was begun: they change nothing."""
    known = BenchmarkConfig("").to_json()
    training = {**known["training"], **identity.get("training", {})}
    fixed = {name: value for name, value in known.items() if name not in FREE}
    return {**fixed, "second_negatives": [], **identity, "training": training}


def _difference(name: str, before: Any, now: Any) -> str:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted({*before, *now}):
            if before.get(key) != now.get(key):
                return _difference(f"{name}.{key}", before.get(key), now.get(key))
    if name == "data_hash":
        return "dataset (films, masks, patients or rows differ)"
    return f"{name} ({before!r}, now {now!r})"


def describe(films: Sequence[Film]) -> SplitCard:
    """Counts of a data card."""
    return SplitCard(
        films=len(films),
        patients=len({film.patient for film in films}),
        with_infection=sum(film.infected is True for film in films),
        labels=dict(sorted(Counter(film.label for film in films).items())),
        sources=dict(sorted(Counter(film.source for film in films).items())),
    )
