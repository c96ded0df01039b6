"""What the report's figures cannot say, in words that follow from the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from mlbackend.benchmark.config import FIXED
from mlbackend.benchmark.report.entries import Entry
from mlbackend.benchmark.report.forms import form_of
from mlbackend.benchmark.report.inputs import Inputs
from mlbackend.benchmark.report.names import heading, split_name

FEW_PATIENTS = 50
TOLD = 0.9
"""From here on the source is said to give the class away."""
MACHINE_MADE = ("accepted", "picked", "corrected")


def cautions(inputs: Inputs, entries: Sequence[Entry], confounded: Sequence[dict[str, Any]]) -> list[str]:
    """Sentences for the reader, most important first."""
    return [
        *_missing_cells(inputs),
        *_confounded(confounded),
        *_test_films(inputs, entries),
        *_negatives(inputs, entries),
        *_second_negatives(inputs),
        *_origin(entries),
        *_settings(inputs),
    ]


def _missing_cells(inputs: Inputs) -> list[str]:
    states = Counter(cell.state for cell in inputs.cells if not cell.scored)
    if not states:
        return []
    said = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return [
        f"Without scores: {said}, of {len(inputs.cells)} cells. Rows with fewer folds are marked; they are compared "
        "with others only on the folds that both have."
    ]


def _by_tasks(said: Sequence[tuple[str, str]]) -> list[str]:
    """The same words about several tasks are said once."""
    tasks: dict[str, list[str]] = {}
    for task, words in said:
        tasks.setdefault(words, []).append(task)
    return [f"{' and '.join(names).capitalize()}: {words}" for words, names in tasks.items()]


def _confounded(confounded: Sequence[dict[str, Any]]) -> list[str]:
    said = []
    for table in confounded:
        told, chance = table["class_from_source"], table["class_by_chance"]
        if len(table["labels"]) > 1 and len(table["sources"]) > 1 and told >= TOLD and told > chance:
            words = (
                f"class and source are confounded. The source alone gives away the class of {100 * told:.0f} % of the "
                f"test films (always naming the commonest class: {100 * chance:.0f} %). A difference between classes "
                "may be one between sources, and detection may have learnt the source; only films of all classes "
                "from the same source can tell."
            )
            said.append((table["task"], words))
        elif len(table["labels"]) > 1 and len(table["sources"]) == 1:
            said.append(
                (table["task"], "all test films come from one source; nothing is said about films from others.")
            )
    return _by_tasks(said)


def _test_films(inputs: Inputs, entries: Sequence[Entry]) -> list[str]:
    said = []
    for task in dict.fromkeys(entry.task for entry in entries):
        patients = {patient for entry in entries if entry.task == task for patient in entry.patients}
        if patients and len(patients) < FEW_PATIENTS:
            words = (
                f"{len(patients)} test patients are few. The paper's interval takes the score as a share of "
                "independent films, which it is not; the bootstrap over patients does not, but is rough with so few."
            )
            said.append((task, words))
    found = _by_tasks(said)
    if inputs.record.config.test == FIXED and inputs.record.config.folds > 1:
        found.append(
            "Folds share the test films: their spread shows what training data and chance in training do, not what "
            "other patients would. Intervals count each test film once, not once a fold."
        )
    return found


def _negatives(inputs: Inputs, entries: Sequence[Entry]) -> list[str]:
    films = next((entry.films for entry in entries if entry.task == "infection" and entry.films), [])
    if not films:
        return []
    negative = sum(not film.truth_positive for film in films)
    if not negative:
        return [
            "Infection: no test film is without infection, so specificity, precision and accuracy of detection have no "
            "value. Films known to be free of infection can be named with --negatives."
        ]
    if inputs.record.data.negatives:
        return [
            f"Infection: films labelled {', '.join(inputs.record.data.negatives)} count as free of infection by their "
            "label; nobody looked for infection on them."
        ]
    return []


def _second_negatives(inputs: Inputs) -> list[str]:
    labels, second = inputs.record.data.second_negatives, inputs.record.config.second
    if not labels or second is None:
        return []
    name = heading(split_name(second.name))
    return [
        f"{name}: films labelled {', '.join(labels)} count as free of infection by their label where they have "
        "no mask. It is one training on one split: nothing says how another would have come out."
    ]


def _origin(entries: Sequence[Entry]) -> list[str]:
    films = next((entry.films for entry in entries if entry.films), [])
    made = sum(film.drawn_by in MACHINE_MADE for film in films)
    if not made:
        return []
    return [
        f"{100 * made / len(films):.0f} % of the test masks began as a network's proposal. Networks like it may score "
        "better on them than on masks drawn by hand: compare the table by who drew the truth."
    ]


def _settings(inputs: Inputs) -> list[str]:
    said = [
        "Differences from the paper's figures are those of data, settings and chance together; no test separates them."
    ]
    config = inputs.record.config
    if config.encoder_weights == "none":
        said.append(
            "Encoders began with random weights, the paper's with ImageNet's: with few films that alone costs "
            "several points."
        )
        if any(network.encoder_frozen for network in config.networks()):
            said.append("Frozen encoders kept these random weights: such networks show that the grid runs, no more.")
    if form_of(config.paper).fractions:
        said.append(
            "Behind ±, figures of pixels have the paper's interval with N pixels. Pixels of a film are not "
            "independent: it is far too narrow, and two figures that it parts need not differ. The bootstrap over "
            "patients stands below it."
        )
    return said
