"""The report's rows as CSV, for programs, and as LaTeX tables, for papers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlbackend.benchmark.report.detection import METRICS
from mlbackend.benchmark.report.segmentation import MAIN, MORE
from mlbackend.contracts import FINAL

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
TITLES = {
    "accuracy": "Accuracy",
    "iou": "IoU",
    "dsc": "DSC",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "precision": "Precision",
    "f1": "F1",
    "f2": "F2",
    "auc": "AUC",
}
SECTIONS = ("segmentation", "more", "detection", "cost", "schemes", "groups", "quantification", "cells")
LABEL_FILES = {
    "sets": "label_sets.csv",
    "rows": "label_scores.csv",
    "steps": "label_steps.csv",
    "groups": "label_groups.csv",
}
"""Files of the parts about label sets."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """One level: ``dsc: {value, low}`` becomes ``dsc`` and ``dsc_low``; lists become words."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            found |= {name if key == "value" else f"{name}_{key}": part for key, part in flat(value).items()}
        else:
            found[name] = value
    return found


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return " ".join(str(part) for part in value)
    # A spreadsheet would run a label that begins like a formula.
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """All rows with all their columns, unrounded; shares are fractions."""
    lines = [flat(row) for row in rows]
    columns = list(dict.fromkeys(name for line in lines for name in line))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in line.items()} for line in lines)
    return out.getvalue()


def escape(words: object) -> str:
    """Words that LaTeX prints as they are."""
    return "".join(_SPECIAL.get(letter, letter) for letter in str(words))


def _percent(value: float | None) -> str:
    return "--" if value is None else f"{100 * value:.2f}"


def data_name(card: Mapping[str, Any]) -> str:
    """The dataset with the conditions that chose its films: ``covid, set=kermany``."""
    return ", ".join([card["name"], *card["where"]])


def counted(count: int, noun: str) -> str:
    """``1 film``, ``2 films``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _figure(figure: Mapping[str, Any]) -> str:
    if figure["value"] is None:
        return "--"
    half = "" if figure["half"] is None else rf" $\pm$ {_percent(figure['half'])}"
    return _percent(figure["value"]) + half + _interval(figure)


def _interval(figure: Mapping[str, Any]) -> str:
    return "" if figure["low"] is None else f" ({_percent(figure['low'])}--{_percent(figure['high'])})"


def _paper(figure: Mapping[str, Any]) -> str:
    return _percent(figure["paper"])


def to_latex(caption: str, label: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plain ``table``; ``head`` is escaped here, ``rows`` are LaTeX already."""
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape(caption)}}}",
        rf"\label{{tab:{label}}}",
        rf"\begin{{tabular}}{{ll{'r' * (len(head) - 2)}}}",
        r"\hline",
        " & ".join(escape(name) for name in head) + r" \\",
        r"\hline",
        *(" & ".join(row) + r" \\" for row in rows),
        r"\hline",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _with_paper(rows: Sequence[Mapping[str, Any]], metrics: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    head = ["Model", "Encoder", *(name for metric in metrics for name in (f"{TITLES[metric]}, %", "Paper"))]
    body = [
        [escape(row["architecture"]), escape(row["encoder"])]
        + [part for metric in metrics for part in (_figure(row[metric]), _paper(row[metric]))]
        for row in rows
    ]
    return head, body


def _latex_of(document: Mapping[str, Any]) -> dict[str, str]:
    data, made = data_name(document["data"]), {}
    main = document["config"]["label_sets"][-1]
    learnt = "" if main == FINAL else f", learnt from {main} masks"
    pairs = dict.fromkeys((row["task"], row["scheme"]) for row in document["segmentation"])
    for task, scheme in pairs:
        mine = {
            section: [row for row in document[section] if (row["task"], row["scheme"]) == (task, scheme)]
            for section in ("segmentation", "more", "detection")
        }
        films = max(row["films"] for row in mine["segmentation"])
        what = f"{task}, {scheme} scheme, {counted(films, 'test film')} of {data}{learnt}"
        note = (
            "plus or minus by 1.96 sqrt(m (1 - m) / N), N test films; in brackets the bootstrap interval; "
            "the paper's figures are of its own data"
        )
        name = f"{task}_{scheme}"
        made[f"table2_{name}"] = to_latex(
            f"Segmentation: {what}; {note}.", f"segmentation-{task}-{scheme}", *_with_paper(mine["segmentation"], MAIN)
        )
        if mine["detection"]:
            made[f"table3_{scheme}"] = to_latex(
                f"Detection: {what}; {note}.", f"detection-{scheme}", *_with_paper(mine["detection"], METRICS)
            )
        head = ["Model", "Encoder", *(f"{TITLES[metric]}, %" for metric in (*MORE, "auc")), "HD95, px"]
        body = [
            [escape(row["architecture"]), escape(row["encoder"])]
            + [_percent(row[metric]["value"]) for metric in (*MORE, "auc")]
            + ["--" if row["hd95"]["median_px"] is None else f"{row['hd95']['median_px']:.1f}"]
            for row in mine["more"]
        ]
        made[f"more_{name}"] = to_latex(
            f"More metrics: {what}; HD95 is the median over films.", f"more-{task}-{scheme}", head, body
        )
    for part in document["label_sets"]:
        name = f"{part['task']}_{part['scheme']}"
        made[f"label_sets_{name}"] = label_table(part, data)
    return made | {"table4_cost": _cost(document)}


def label_table(part: Mapping[str, Any], data: str) -> str:
    """DSC by label set with the bootstrap interval, a row a network, and p of each step below its score."""
    sets = list(dict.fromkeys(row["label_set"] for row in part["rows"]))
    cells: dict[tuple[str, str], str] = {}
    for row in part["rows"]:
        cells[row["network"], row["label_set"]] = _figure(row["dsc"])
    for step in part["steps"]:
        p = step["p_holm"]
        cells[step["network"], step["after"]] += r", $p$ " + ("$<$ 0.001" if p < 0.001 else f"= {p:.3f}")
    first = {row["network"]: row for row in part["rows"]}
    body = [
        [escape(row["architecture"]), escape(row["encoder"]), *(cells[name, label_set] for label_set in sets)]
        for name, row in first.items()
    ]
    caption = (
        f"What each stage's work bought: {part['task']}, {part['scheme']} scheme, {data}. DSC in percent on the final "
        "masks of the same test films by the masks that were learnt from, with the bootstrap interval over patients; "
        "p of the difference from the column before, after Holm's correction."
    )
    label = f"label-sets-{part['task']}-{part['scheme']}"
    return to_latex(caption, label, ["Model", "Encoder", *sets], body)


def _cost(document: Mapping[str, Any]) -> str:
    def number(value: float | None, form: str, scale: float = 1.0) -> str:
        return "--" if value is None else format(value / scale, form)

    head = ["Model", "Encoder", "Parameters, M", "Paper", "GFLOPs", "ms per image", "Paper", "Images/s"]
    body = [
        [
            escape(row["architecture"]),
            escape(row["encoder"]),
            number(row["parameters"], ".2f", 1e6),
            number(row["paper_parameters_millions"], ".2f"),
            number(row["gflops"], ".2f"),
            number(row["ms_per_image"], ".2f"),
            number(row["paper_ms_per_image"], ".2f"),
            number(row["images_per_second"], ".1f"),
        ]
        for row in document["cost"]
    ]
    devices = sorted({row["device"] for row in document["cost"] if row["device"]})
    caption = f"Cost of a film; ours on {', '.join(devices) or 'no device'}, the paper's on a GeForce GTX 1080."
    return to_latex(caption, "cost", head, body)


def write_tables(document: Mapping[str, Any], folder: Path) -> list[str]:
    """Write ``tables/*.csv`` and ``*.tex``; returns the file names, sorted."""
    made = {f"{section}.csv": to_csv(document[section]) for section in SECTIONS if document[section]}
    pairs = [
        {"task": group["task"], "scheme": group["scheme"], **pair}
        for group in document["differences"]
        for pair in group["pairs"]
    ]
    if pairs:
        made["differences.csv"] = to_csv(pairs)
    for name, file in LABEL_FILES.items():
        rows = [row for part in document["label_sets"] for row in part[name]]
        if rows:
            made[file] = to_csv(rows)
    made |= {f"{name}.tex": text for name, text in _latex_of(document).items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(made)
