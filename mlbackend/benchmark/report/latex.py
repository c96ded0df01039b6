"""The report's rows as LaTeX tables, for papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlbackend.benchmark.config import DEGERLI
from mlbackend.benchmark.report.forms import DETECTION, SEGMENTATION, Form, form_of, half_words
from mlbackend.benchmark.report.names import ENCODERS, MODELS, TITLES, counted, data_name, split_name
from mlbackend.benchmark.report.segmentation import MORE
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


def escape(words: object) -> str:
    """Words that LaTeX prints as they are."""
    return "".join(_SPECIAL.get(letter, letter) for letter in str(words))


def _percent(value: float | None) -> str:
    return "--" if value is None else f"{100 * value:.2f}"


def _figure(figure: Mapping[str, Any], form: Form) -> str:
    if figure["value"] is None:
        return "--"
    half = "" if figure["half"] is None else rf" $\pm$ {_half(figure['half'], form)}"
    return _percent(figure["value"]) + half + _interval(figure)


def _half(value: float, form: Form) -> str:
    """As the paper prints it: in percent, or as a fraction."""
    if not form.fractions:
        return _percent(value)
    words = half_words(value)
    number, power, exponent = words.partition(" × 10")
    digits = exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return rf"{number} $\times 10^{{{digits}}}$" if power else words


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


def _names(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Head and fields that name a network; whether its encoder is frozen only where one is."""
    some = any(row["encoder_frozen"] for row in rows)
    fields = [
        [
            escape(MODELS.get(row["architecture"], row["architecture"])),
            escape(ENCODERS.get(row["encoder"], row["encoder"])),
            *(["yes" if row["encoder_frozen"] else "no"] if some else []),
        ]
        for row in rows
    ]
    return ["Model", "Encoder", *(["Frozen"] if some else [])], fields


def _with_paper(
    rows: Sequence[Mapping[str, Any]], metrics: Sequence[str], form: Form
) -> tuple[list[str], list[list[str]]]:
    head, fields = _names(rows)
    body = [
        [*named, *(part for metric in metrics for part in (_figure(row[metric], form), _paper(row[metric])))]
        for row, named in zip(rows, fields, strict=True)
    ]
    return [*head, *(name for metric in metrics for name in (f"{TITLES[metric]}, %", "Paper"))], body


def latex_tables(document: Mapping[str, Any]) -> dict[str, str]:
    """All tables by the name of their file, numbered as the paper has them."""
    form, data = form_of(document["config"]["paper"]), data_name(document["data"])
    main, made = document["config"]["label_sets"][-1], {}
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
            f"plus or minus by 1.96 sqrt(m (1 - m) / N), {form.counted}; in brackets the bootstrap interval; "
            "the paper's figures are of its own data"
        )
        name = f"{task}_{scheme}"
        made[f"table{form.number(SEGMENTATION)}_{name}"] = to_latex(
            f"Segmentation: {what}; {note}.", f"segmentation-{task}-{scheme}",
            *_with_paper(mine["segmentation"], form.main, form),
        )  # fmt: skip
        if mine["detection"]:
            films_note = note.replace(form.counted, form.counted_films)
            made[f"table{form.number(DETECTION)}_{scheme}"] = to_latex(
                f"Detection: {what}; {films_note}.", f"detection-{scheme}",
                *_with_paper(mine["detection"], form.detection, form),
            )  # fmt: skip
        head, fields = _names(mine["more"])
        body = [
            named
            + [_percent(row[metric]["value"]) for metric in (*MORE, "auc")]
            + ["--" if row["hd95"]["median_px"] is None else f"{row['hd95']['median_px']:.1f}"]
            for row, named in zip(mine["more"], fields, strict=True)
        ]
        made[f"more_{name}"] = to_latex(
            f"More metrics: {what}; HD95 is the median over films.", f"more-{task}-{scheme}",
            [*head, *(f"{TITLES[metric]}, %" for metric in (*MORE, "auc")), "HD95, px"], body,
        )  # fmt: skip
    for part in document["label_sets"]:
        name = f"{part['task']}_{part['scheme']}"
        made[f"label_sets_{name}"] = label_table(part, data, form)
    if form.paper == DEGERLI:
        made |= second_paper_tables(document, form, data)
    return made | {f"table{form.number('cost')}_cost": _cost(document, form)}


def label_table(part: Mapping[str, Any], data: str, form: Form) -> str:
    """DSC by label set with the bootstrap interval, a row a network, and p of each step below its score."""
    sets = list(dict.fromkeys(row["label_set"] for row in part["rows"]))
    cells: dict[tuple[str, str], str] = {}
    for row in part["rows"]:
        cells[row["network"], row["label_set"]] = _figure(row["dsc"], form)
    for step in part["steps"]:
        p = step["p_holm"]
        cells[step["network"], step["after"]] += r", $p$ " + ("$<$ 0.001" if p < 0.001 else f"= {p:.3f}")
    first = {row["network"]: row for row in part["rows"]}
    head, fields = _names(list(first.values()))
    body = [
        [*named, *(cells[name, label_set] for label_set in sets)]
        for name, named in zip(first, fields, strict=True)
    ]  # fmt: skip
    caption = (
        f"What each stage's work bought: {part['task']}, {part['scheme']} scheme, {data}. DSC in percent on the final "
        "masks of the same test films by the masks that were learnt from, with the bootstrap interval over patients; "
        "p of the difference from the column before, after Holm's correction."
    )
    label = f"label-sets-{part['task']}-{part['scheme']}"
    return to_latex(caption, label, [*head, *sets], body)


def _number(value: float | None, form: str, scale: float = 1.0) -> str:
    return "--" if value is None else format(value / scale, form)


def _cost(document: Mapping[str, Any], form: Form) -> str:
    head, fields = _names(document["cost"])
    fixed = form.paper == DEGERLI
    columns: list[tuple[str, str, str, float]] = [
        ("Parameters, M", "parameters", ".2f", 1e6),
        ("Paper", "paper_parameters_millions", ".2f", 1),
        *([("Fixed, M", "fixed", ".2f", 1e6), ("Paper", "paper_fixed_millions", ".2f", 1)] if fixed else []),
        ("GFLOPs", "gflops", ".2f", 1),
        ("ms per image", "ms_per_image", ".2f", 1),
        ("Paper", "paper_ms_per_image", ".2f", 1),
        ("Images/s", "images_per_second", ".1f", 1),
    ]
    body = [
        [*named, *(_number(row[key], digits, scale) for _, key, digits, scale in columns)]
        for row, named in zip(document["cost"], fields, strict=True)
    ]
    devices = sorted({row["device"] for row in document["cost"] if row["device"]})
    others = "; its parameter counts are of other implementations" if fixed else ""
    caption = f"Cost of a film; ours on {', '.join(devices) or 'no device'}, the paper's on a {form.device}{others}."
    return to_latex(caption, "cost", [*head, *(name for name, *_ in columns)], body)


def _matrices(rows: Sequence[Mapping[str, Any]], caption: str, label: str) -> str:
    head, fields = _names(rows)
    body = []
    for row, named in zip(rows, fields, strict=True):
        paper = row["paper_confusion"] or {}
        counts = [(row["confusion"][key], paper.get(key)) for key in ("tn", "fp", "fn", "tp")]
        body.append(
            [*named, *(words for ours, its in counts for words in (str(ours), "--" if its is None else str(its)))]
        )
    return to_latex(caption, label, [*head, *(n for key in ("TN", "FP", "FN", "TP") for n in (key, "Paper"))], body)


def _samples(rows: Sequence[Mapping[str, Any]], caption: str, label: str) -> str:
    columns = (
        ("Training", "training"), ("Paper", "paper_training"), ("Shown an epoch", "shown"), ("Paper", "paper_shown"),
        ("Validation", "validation"), ("Test", "test"), ("Paper", "paper_test"),
    )  # fmt: skip
    body = [
        [escape(split_name(row["split"])), escape(row["class"]), *(str(row[key]) for _, key in columns)] for row in rows
    ]
    return to_latex(caption, label, ["Split", "Films", *(name for name, _ in columns)], body)


def second_paper_tables(document: Mapping[str, Any], form: Form, data: str) -> dict[str, str]:
    """Tables II, IV, V, VI and VII of degerli2021, which tahir2021 has none of."""
    name = (document["config"]["second"] or {}).get("name", "")
    title = split_name(name)
    own = "the paper's figures are of its own data"
    folds = [row for row in document["samples"] if row["split"] != name]
    rest = [row for row in document["samples"] if row["split"] == name]
    made = {}
    if folds:
        made["table2_samples"] = _samples(folds, f"Films of each fold, {data}; {own}.", "samples")
    if document["detection"]:
        caption = f"Films found and missed, all folds, {data}; {own}."
        made["table4_confusion"] = _matrices(document["detection"], caption, "confusion")
    second = document["second"]
    if second["segmentation"]:
        made["table5_samples"] = _samples(rest, f"Films of {title}, {data}; {own}.", "samples-second")
        body = []
        for pixels, films in zip(second["segmentation"], second["detection"], strict=True):
            for metric in form.detection:
                figures = (_figure(pixels[metric], form), _paper(pixels[metric]))
                of_films = (_figure(films[metric], form), _paper(films[metric]))
                body.append([escape(pixels["network"]), TITLES[metric], *figures, *of_films])
        head = ["Network", "Metric", "Segmentation, %", "Paper", "Detection, %", "Paper"]
        made["table6_second"] = to_latex(f"Infection and detection on {title}, {data}; {own}.", "second", head, body)
        caption = f"Films found and missed on {title}, {data}; {own}."
        made["table7_confusion"] = _matrices(second["detection"], caption, "confusion-second")
    return made
