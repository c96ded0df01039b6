"""``predict`` with an infection network: lungs, infection, shares, detection and pictures of each film."""

from __future__ import annotations

import argparse
import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mlbackend.card import LUNGS_ALONE, WHOLE_FILM
from mlbackend.cli.errors import CommandError
from mlbackend.cli.files import WEIGHTS, read_card, read_film
from mlbackend.contracts import ModelRef, NetworkSpec
from mlbackend.data.reading import ImageError, read_gray, write_mask
from mlbackend.models.device import choose_device, choose_precision
from mlbackend.prediction.engine import Engine, load_engine
from mlbackend.prediction.overlay import overlay
from mlbackend.prediction.pipeline import CASCADED, PARALLEL, Finding, Pipeline
from mlbackend.prediction.severity import Point, TimesError, courses, draw_course, read_times
from mlbackend.storage import FolderStorage

GROUP = 8
"""Films that go through the networks together."""
FINDINGS = ("image", "positive", "score", "infected_percent", "left_percent", "right_percent", "lung_pixels", "doubts")
SMALLEST_SIDE = 64
"""Pixels below which a film shows no lungs that could be measured."""
LUNG_SHARES = (0.05, 0.75)
"""Lungs of less or more of a film are hardly those of a frontal chest film."""


def load_model(
    folder: Path, target: str | None, films: int = 0, sees: str = WHOLE_FILM, *, option: str = "--weights"
) -> Engine:
    """The network that ``train`` or a benchmark wrote into ``folder``, which ``option`` named, for ``films`` films.

    Raises CommandError where there is none, for another target than ``target`` (None: any), or one that was shown
    something else than ``sees``.
    """
    card = read_card(folder, option)
    if target is not None and card["target"] != target:
        raise CommandError(f"{folder}: this network draws {card['target']}, not {target}; give another folder")
    if card.get("sees", sees) != sees:
        scheme = CASCADED if card["sees"] == LUNGS_ALONE else PARALLEL
        raise CommandError(f"{folder}: this network was trained for the {scheme} scheme; give --scheme {scheme}")
    model = ModelRef(
        card["name"],
        NetworkSpec.from_json(card["network"]),
        int(card["settings"]["image_size"]),
        WEIGHTS,
        card["weights_sha256"],
    )
    device = choose_device()
    return load_engine(model, FolderStorage(folder), device, choose_precision("auto", device), films=films)


def run_quantify(options: argparse.Namespace, names: Sequence[str]) -> None:
    """Write masks, overlay pictures and findings.csv of all files into ``--out``; with ``--times`` also the courses.

    Raises ImageError, TimesError or CommandError in words.
    """
    times = read_times(options.times) if options.times else {}
    unknown = [path.name for path in options.files if options.times and path.name not in times]
    if unknown:
        raise TimesError(f"{options.times}: no row for {unknown[0]!r}; add one with its patient and day")
    count = len(options.files)
    sees = LUNGS_ALONE if options.scheme == CASCADED else WHOLE_FILM
    lungs = load_model(options.weights, "lung", count)
    infection = load_model(options.infection, "infection", count, sees, option="--infection")
    pipeline = Pipeline(lungs, infection, options.scheme, options.threshold)
    out = FolderStorage(options.out)
    table = io.StringIO()
    writer = csv.DictWriter(table, FINDINGS, lineterminator="\n")
    writer.writeheader()
    points: list[tuple[str, Point]] = []
    unread: list[str] = []
    for name, path, gray, finding in _found(pipeline, names, options.files, unread):
        assert finding.infection is not None
        assert finding.share is not None
        out.write(f"{name}-lungs.png", write_mask(finding.lungs))
        out.write(f"{name}-infection.png", write_mask(finding.infection))
        picture = cv2.imencode(".png", overlay(gray, finding.lungs, finding.infection))[1]
        out.write(f"{name}-overlay.png", picture.tobytes())
        row = _row(path.name, finding) | {"doubts": "; ".join(doubts_of(gray, finding.lungs))}
        writer.writerow(row)
        verdict = "positive" if finding.positive else "negative"
        doubts = f"; doubtful: {row['doubts']}" if row["doubts"] else ""
        print(f"{path.name}: {verdict}, {row['infected_percent'] or 'no'} % of the lungs infected{doubts}")
        if path.name in times:
            points.append((times[path.name].patient, Point(path.name, times[path.name].day, finding.share)))
    out.write("findings.csv", table.getvalue().encode())
    _write_courses(out, points)
    tell_unread(unread, count)


def tell_unread(unread: Sequence[str], count: int) -> None:
    """Raises CommandError where some of ``count`` files could not be read, with the words for each."""
    if unread:
        raise CommandError(f"{len(unread)} of {count} files have no result: {'; '.join(unread)}")


def _found(
    pipeline: Pipeline, names: Sequence[str], files: Sequence[Path], unread: list[str]
) -> Iterator[tuple[str, Path, npt.NDArray[np.uint8], Finding]]:
    """Each file's film and finding; some at a time, as a folder of thousands must not be held in memory.

    What cannot be read is left out and goes to ``unread`` in words.
    """
    for start in range(0, len(files), GROUP):
        films = []
        for name, path in zip(names[start : start + GROUP], files[start : start + GROUP], strict=True):
            try:
                films.append((name, path, read_film(path, read_gray)))
            except ImageError as error:
                unread.append(str(error))
        if films:
            found = pipeline.findings([gray for _, _, gray in films])
            yield from ((*film, finding) for film, finding in zip(films, found, strict=True))


def doubts_of(gray: npt.NDArray[np.uint8], lungs: npt.NDArray[np.bool_]) -> list[str]:
    """Why a finding on a film (H, W) with these lungs should not be believed, in words; mostly none."""
    height, width = gray.shape
    share = float(lungs.mean())
    doubts = []
    if gray.min() == gray.max():
        doubts.append("the film is of one grey")
    if min(height, width) < SMALLEST_SIDE:
        doubts.append(f"the film has {width} x {height} pixels alone")
    if not LUNG_SHARES[0] <= share <= LUNG_SHARES[1]:
        doubts.append(f"the lungs found cover {100 * share:.0f} % of the film")
    return doubts


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f}"


def _row(name: str, finding: Finding) -> dict[str, str]:
    share = finding.share
    assert share is not None
    return {
        "image": name,
        "positive": str(finding.positive).lower(),
        "score": f"{finding.score:.4f}",
        "infected_percent": _percent(share.both),
        "left_percent": _percent(share.left),
        "right_percent": _percent(share.right),
        "lung_pixels": str(int(finding.lungs.sum())),
    }


def _write_courses(out: FolderStorage, points: Sequence[tuple[str, Point]]) -> None:
    if not points:
        return
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["patient_id", "study_date", "image", *FINDINGS[3:6]])
    for number, (patient, course) in enumerate(courses(points).items(), start=1):
        for point in course:
            share = point.share
            shares = [_percent(value) for value in (share.both, share.left, share.right)]
            writer.writerow([patient, point.day.isoformat(), point.name, *shares])
        safe = re.sub(r"[^A-Za-z0-9_-]+", "_", patient)
        out.write(f"course-{number:03d}-{safe}.svg", draw_course(patient, course))
    out.write("severity.csv", table.getvalue().encode())
