"""The form of a paper's tables: which figures they show, what their intervals count, where the paper's own stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlbackend.benchmark.config import DEGERLI, INFECTION, TAHIR
from mlbackend.benchmark.reference import PaperFigure, paper_table
from mlbackend.benchmark.report.entries import TIMES, WORKING, Entry

SEGMENTATION, DETECTION = "segmentation", "detection"
_ARABIC = {"I": "1", "III": "3", "VIII": "8"}
LookUp = Callable[[Entry, str], PaperFigure | None]
Count = Callable[[Entry, str], float]


@dataclass(frozen=True)
class Form:
    """What differs between the reports after one paper and after another."""

    paper: str
    main: tuple[str, ...]
    """Metrics of the segmentation table, as the paper orders them."""
    detection: tuple[str, ...]
    """Those of the detection table."""
    figures: dict[str, LookUp]
    """The paper's figure of a row, by table; None where it has none."""
    counts: dict[str, Count]
    """N of the interval of a metric, by table."""
    numerals: dict[str, str]
    """How the paper prints the numbers of its tables."""
    models: bool
    """Whether model, encoder and what is frozen have a column each, or a network one name."""
    fractions: bool
    """Whether the paper prints intervals as fractions beside its percentages."""
    accumulates: str
    """Where the paper says that counts are added up before they are divided."""
    counted: str
    """What N of the segmentation table is, in words."""
    counted_films: str
    """And of the detection table."""
    cost_table: str
    device: str
    """On which the paper measured time."""

    def figure(self, table: str, entry: Entry, metric: str) -> PaperFigure | None:
        """The paper's figure for this row of a table; its tables are of the parallel scheme."""
        return self.figures[table](entry, metric) if entry.scheme == "parallel" else None

    def number(self, table: str) -> str:
        """A table's number in the names of files."""
        printed = self.numerals[table]
        return _ARABIC.get(printed, printed)

    def count(self, table: str, entry: Entry, metric: str) -> float:
        """N of the interval; 0 where the row has none of what is counted."""
        return self.counts[table](entry, metric)


def _films(entry: Entry, metric: str) -> float:
    return float(len(entry.films))


def _pixels(entry: Entry, metric: str) -> float:
    """Of the test films at the working size, each film once; of one class where the metric is a share of that."""
    tp, fp, fn, tn = (entry.counts[:, WORKING] / entry.counts[:, TIMES, None]).sum(axis=0)
    return float({"sensitivity": tp + fn, "specificity": fp + tn}.get(metric, tp + fp + fn + tn))


def _films_of_class(entry: Entry, metric: str) -> float:
    positive = sum(film.truth_positive for film in entry.films)
    negative = len(entry.films) - positive
    return float({"sensitivity": positive, "specificity": negative}.get(metric, len(entry.films)))


def _tahir(name: str, *keys: str) -> LookUp:
    def find(entry: Entry, metric: str) -> PaperFigure | None:
        spec, values = entry.network, {"task": entry.task}
        if spec.encoder_frozen or entry.second:
            return None
        more = {key: values[key] for key in keys}
        return paper_table(name).figure(metric, architecture=spec.architecture, encoder=spec.encoder, **more)

    return find


def frozen_word(frozen: bool) -> str:
    """As the tables of degerli2021 have it."""
    return "true" if frozen else "false"


def leads(entry: Entry) -> bool:
    """Whether the row's network is the one that the paper took to its second control group."""
    return entry.name == "unet-densenet121"


def _degerli(name: str, column: str) -> LookUp:
    def find(entry: Entry, metric: str) -> PaperFigure | None:
        # F1 of pixels is their Dice coefficient.
        wanted = {"dsc": "f1"}.get(metric, metric)
        if entry.task != INFECTION:
            return None
        if entry.second:
            table = paper_table("degerli2021_table6_group2")
            known = {row["metric"] for row in table.rows}
            return table.figure(column, metric=wanted) if leads(entry) and wanted in known else None
        table, spec = paper_table(name), entry.network
        if f"{wanted}_percent" not in table.rows[0]:
            return None
        keys = {"architecture": spec.architecture, "encoder": spec.encoder}
        return table.figure(wanted, encoder_frozen=frozen_word(spec.encoder_frozen), **keys)

    return find


FORMS = {
    TAHIR: Form(
        paper=TAHIR,
        main=("accuracy", "iou", "dsc"),
        detection=("accuracy", "precision", "sensitivity", "f1", "specificity"),
        figures={
            SEGMENTATION: _tahir("tahir2021_table2_segmentation", "task"),
            DETECTION: _tahir("tahir2021_table3_detection"),
        },
        counts={SEGMENTATION: _films, DETECTION: _films},
        numerals={SEGMENTATION: "2", DETECTION: "3", "cost": "4"},
        models=False,
        fractions=False,
        accumulates="tahir2021 section 3",
        counted="N test films",
        counted_films="N test films",
        cost_table="tahir2021_table4_cost",
        device="GeForce GTX 1080",
    ),
    DEGERLI: Form(
        paper=DEGERLI,
        main=("sensitivity", "specificity", "precision", "f1", "f2", "accuracy", "auc"),
        detection=("sensitivity", "specificity", "precision", "f1", "f2", "accuracy"),
        figures={
            SEGMENTATION: _degerli("degerli2021_table1_infection_segmentation", "infection_segmentation"),
            DETECTION: _degerli("degerli2021_table3_detection", "detection"),
        },
        counts={SEGMENTATION: _pixels, DETECTION: _films_of_class},
        numerals={SEGMENTATION: "I", DETECTION: "III", "cost": "VIII"},
        models=True,
        fractions=True,
        accumulates="tables III and IV of degerli2021",
        counted="N pixels of the test films, infected ones for sensitivity and the others for specificity",
        counted_films="N test films, infected ones for sensitivity and the others for specificity",
        cost_table="degerli2021_table8_cost",
        device="GeForce RTX 2080 Ti",
    ),
}


def form_of(paper: str) -> Form:
    """The form of a paper that the config names; it has been checked."""
    return FORMS[paper]


def paper_confusion(entry: Entry) -> dict[str, int] | None:
    """The paper's confusion matrix of films for this row (degerli2021 tables IV and VII); None where it has none."""
    spec, group = entry.network, "group-ii" if entry.second else "group-i"
    if entry.task != INFECTION or spec.encoder_frozen:
        return None
    for row in paper_table("degerli2021_confusion_matrices").rows:
        if (row["network"], row["control_group"]) == (spec.name, group):
            names = {"tp": "true_positive", "fp": "false_positive", "fn": "false_negative", "tn": "true_negative"}
            return {short: int(row[name]) for short, name in names.items()}
    return None


def half_words(value: float) -> str:
    """An interval's half width as degerli2021 prints it: 0.0056, or 1.6 × 10⁻⁴ where that would be little."""
    if value >= 0.0005:
        return f"{value:.4f}"
    if value <= 0:
        return "0"
    power = int(np.floor(np.log10(value)))
    digits = value / 10**power
    if round(digits, 1) >= 10:
        digits, power = digits / 10, power + 1
    raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits:.1f} × 10{raised}"
