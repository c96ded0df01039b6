"""How many films each split shows before and after balancing (degerli2021 tables II and V)."""

from __future__ import annotations

from typing import Any

from mlbackend.benchmark.config import DEGERLI, INFECTION
from mlbackend.benchmark.record import SplitCard
from mlbackend.benchmark.reference import paper_table
from mlbackend.benchmark.report.forms import Form
from mlbackend.benchmark.report.inputs import Inputs
from mlbackend.data.balance import balanced_counts

TABLE_2, TABLE_5 = "degerli2021_table2_samples", "degerli2021_table5_samples"
INFECTED, OTHERS, TOTAL = "infected", "without infection", "total"
COLUMNS = ("training", "shown", "test")
"""Films that train, films that an epoch shows, films that test."""


def sample_rows(inputs: Inputs, form: Form) -> list[dict[str, Any]]:
    """Three rows a fold, and three of the second split: films of each class and together, beside the paper's.

    Empty for papers that have no such table, and without infection as a task.
    """
    card = inputs.record.data.tasks.get(INFECTION)
    if form.paper != DEGERLI or card is None:
        return []
    config, rows = inputs.record.config, []
    for number, parts in enumerate(card.folds, start=1):
        second = number == config.second_fold
        name = config.second.name if second and config.second else f"fold {number}"
        rows += _rows(name, number, parts, config.training.balance, TABLE_5 if second else TABLE_2)
    return rows


def _rows(name: str, number: int, parts: dict[str, SplitCard], limit: float, table: str) -> list[dict[str, Any]]:
    classes = {split: (card.with_infection, card.films - card.with_infection) for split, card in parts.items()}
    shown = balanced_counts(*classes["train"], limit)
    rows: list[dict[str, Any]] = []
    for place, kind in enumerate((INFECTED, OTHERS)):
        rows.append(
            {
                "split": name,
                "fold": number,
                "class": kind,
                "training": classes["train"][place],
                "shown": shown[place],
                "validation": classes["validation"][place],
                "test": classes["test"][place],
            }
        )
    names = ("training", "shown", "validation", "test")
    rows.append({"split": name, "fold": number, "class": TOTAL, **{key: sum(r[key] for r in rows) for key in names}})
    return [row | _paper(table, row["class"]) for row in rows]


def _paper(table: str, kind: str) -> dict[str, int]:
    """The paper's numbers of a class; controls of several diseases are added up."""
    found = [
        row for row in paper_table(table).rows if kind == TOTAL or (row["class"] == "COVID-19") == (kind == INFECTED)
    ]
    columns = {"training": "training_samples", "shown": "augmented_training_samples", "test": "test_samples"}
    return {f"paper_{name}": sum(int(row[columns[name]]) for row in found) for name in COLUMNS}
