"""One row from disk: read, checked, worked out and put into storage. Knows no database, so that threads may run it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
from django.conf import settings

from annotation.common.blobs import blobs
from annotation.common.errors import DomainError, InvalidInput
from annotation.images.analysis import FilmAnalysis, analyse
from annotation.images.reading import EXTENSIONS
from annotation.images.services import StoredFilm, film_store
from annotation.masks.codec import BoolMask, decode_mask_png, encode_png
from annotation.masks.services.manifest_import.manifest import ManifestRow
from annotation.masks.services.manifest_import.paths import read_bytes, safe_path
from annotation.masks.services.manifest_import.report import WARNING, Problem
from annotation.masks.services.store import mask_key
from annotation.projects.models import Convention, Target

VIEWS = {
    name.lower(): name
    for name in ("PA", "AP", "AP Supine", "AP Erect", "AP Semi-erect", "AP Portable", "PA Erect", "Lateral", "LL", "RL")
}
LARGEST_LUNGS = 0.65
"""Share of a film that no lungs fill; a mask with black and white exchanged does."""
SMALLEST_SIDE = 64
SHORTEST_IDENTIFIER = 4
"""Shorter ones, such as 7, stand in other words by chance."""
LONGEST = {"patient_id": 200, "label": 64, "view": 32, "source": 200}


UNKNOWN_SOURCE = "unknown"


@dataclass(frozen=True)
class Plan:
    """What holds for all rows of an import."""

    root: Path
    target: str
    project_convention: str
    stated_convention: str = ""
    """For rows that state none themselves."""
    override_reason: str = ""
    with_mask: bool = False


@dataclass
class Prepared:
    """A row that may be recorded, or one whose problems say why not."""

    row: ManifestRow
    problems: list[Problem] = field(default_factory=list)
    analysis: FilmAnalysis | None = None
    stored: StoredFilm | None = None
    mask_hw: BoolMask | None = None
    mask_png: bytes = b""
    mask_key: str = ""
    """Where the mask lies already; empty where it is yet to be seen whether it is new."""
    convention: str = ""
    view: str = ""

    @property
    def patient_name(self) -> str:
        """Identifier of its patient; one of the film's own where neither row nor file names any."""
        assert self.analysis is not None
        named = self.row.patient_id or self.analysis.film.patient_id[:200]
        return named or f"assumed:{self.analysis.pixel_sha256}"

    @property
    def source_name(self) -> str:
        """Where it comes from."""
        return self.row.source or UNKNOWN_SOURCE

    def warn(self, field_name: str, value: str, message: str, remedy: str, *, other: str = "") -> None:
        """The row goes in, with a word; ``other`` is the id of another film that it speaks of."""
        self.problems.append(Problem(WARNING, self.row.number, field_name, value, message, remedy, other))


def prepare(row: ManifestRow, plan: Plan, known_files: Container[str]) -> Prepared:
    """Read and check a row; ``known_files`` are the sha256 of originals that need not be stored again.

    Never raises for what a file or a cell holds: the first error is in ``problems`` and ``analysis`` is None.
    """
    done = Prepared(row)
    try:
        _check_cells(done)
        done.convention = _convention(done, plan)
        path = safe_path(plan.root, row.image, field="image")
        data = read_bytes(path, limit=settings.UPLOAD_MAX_BYTES, field="image", value=row.image)
        analysis = analyse(data, name=row.image)
        _check_name(done, analysis)
        _check_picture(done, analysis)
        done.view = _view(done, analysis)
        _check_no_identifier(done, analysis)
        if plan.with_mask:
            done.mask_hw = _mask(done, plan, analysis)
            done.mask_png = encode_png(done.mask_hw)
        if analysis.sha256 not in known_files:
            done.stored = film_store(analysis, data)
            if done.mask_png:
                done.mask_key = mask_key()
                blobs().write(done.mask_key, done.mask_png)
        done.analysis = analysis
    except DomainError as error:
        done.problems.append(Problem.of(error, row.number))
    except (MemoryError, RecursionError) as error:
        done.problems.append(
            Problem.of(
                InvalidInput(
                    f"reading the file ended with {type(error).__name__}", field="image", value=row.image,
                    remedy="save the file anew, and smaller",
                ),
                row.number,
            )
        )  # fmt: skip
    return done


def _check_cells(done: Prepared) -> None:
    row = done.row
    if row.surplus:
        raise InvalidInput(
            "the row has more cells than the header has columns", field="row", value=row.image,
            remedy="put cells that hold commas into quotation marks",
        )  # fmt: skip
    if not row.image:
        raise InvalidInput("the row names no film", field="image", remedy="fill in the path, or remove the row")
    for name, longest in LONGEST.items():
        value = getattr(row, name)
        if len(value) > longest:
            raise InvalidInput(
                f"the {name} has {len(value)} characters, more than {longest}", field=name, value=value[:longest],
                remedy="shorten it",
            )  # fmt: skip


def _check_no_identifier(done: Prepared, analysis: FilmAnalysis) -> None:
    """Label, view, source and licence leave as they are: none of them may hold the patient's identifier."""
    told = {"label": done.row.label, "view": done.view, "source": done.row.source}
    told["license"] = done.row.metadata.get("license", "")
    for identifier in (done.row.patient_id, analysis.film.patient_id):
        for name, value in told.items():
            if len(identifier) >= SHORTEST_IDENTIFIER and identifier.casefold() in value.casefold():
                raise InvalidInput(
                    f"the {name} holds the patient's identifier, and leaves with every export", field=name, value=value,
                    remedy=f"take the identifier out of the column {name}",
                )  # fmt: skip


def _convention(done: Prepared, plan: Plan) -> str:
    """The convention by which the row's mask is drawn. Raises InvalidInput where it is unknown or another."""
    if not plan.with_mask:
        return plan.project_convention
    stated = done.row.convention or plan.stated_convention
    if done.row.convention and done.row.convention not in Convention.values:
        raise InvalidInput(
            "this annotation convention is not known", field="convention", value=stated,
            remedy=f"use one of {', '.join(Convention.values)}",
        )  # fmt: skip
    # In a manifest that joins lungs and infection the column speaks of the lungs.
    if not stated or stated == plan.project_convention or plan.target == Target.INFECTION:
        return plan.project_convention
    if not plan.override_reason:
        raise InvalidInput(
            f"the mask is drawn by the convention {stated}, the project's is {plan.project_convention}",
            field="convention", value=stated,
            remedy="leave such masks out, or have an admin override this with a reason in writing",
        )  # fmt: skip
    done.warn(
        "convention", stated, f"taken although the project's convention is {plan.project_convention}: "
        f"{plan.override_reason}", "never pool scores of the two conventions",
    )  # fmt: skip
    return stated


def _check_name(done: Prepared, analysis: FilmAnalysis) -> None:
    ending = PurePosixPath(done.row.image).suffix.lower()
    if ending not in EXTENSIONS[analysis.film.format]:
        done.warn(
            "image", done.row.image, f"the file is {analysis.film.format.upper()}, not what its name says",
            "rename it",
        )  # fmt: skip


def _check_picture(done: Prepared, analysis: FilmAnalysis) -> None:
    film = analysis.film
    if film.pixels.min() == film.pixels.max():
        done.warn("image", done.row.image, "all pixels of the film have one grey", "check the file, or remove the row")
    elif min(film.width, film.height) < SMALLEST_SIDE:
        done.warn(
            "image", done.row.image, f"the film has {film.width} x {film.height} pixels, too few to judge a mask by",
            "import it at its full size",
        )  # fmt: skip


def _view(done: Prepared, analysis: FilmAnalysis) -> str:
    view = done.row.view or analysis.film.view
    if not view or view.lower() in VIEWS:
        return VIEWS.get(view.lower(), "")
    done.warn("view", view, "this view is not known and is kept as it is", f"use one of {', '.join(VIEWS.values())}")
    return view[: LONGEST["view"]]


def _mask(done: Prepared, plan: Plan, analysis: FilmAnalysis) -> BoolMask:
    name = f"mask_{plan.target}"
    relative = done.row.masks.get(plan.target, "")
    if not relative:
        raise InvalidInput(
            f"a seed needs a mask of its {plan.target}", field=name, value=done.row.image,
            remedy=f"fill in {name}, or import the film as a pool film",
        )  # fmt: skip
    path = safe_path(plan.root, relative, field=name)
    data = read_bytes(path, limit=settings.UPLOAD_MAX_BYTES, field=name, value=relative)
    film = analysis.film
    mask_hw = decode_mask_png(data, width=film.width, height=film.height, field=name, name=relative)
    filled = int(np.count_nonzero(mask_hw))
    if filled == mask_hw.size:
        raise InvalidInput(
            "the mask covers the whole film", field=name, value=relative, remedy="check that it is the right file"
        )
    if plan.target == Target.LUNG and filled > LARGEST_LUNGS * mask_hw.size:
        done.warn(
            name, relative, f"the lung mask covers {filled / mask_hw.size:.0%} of the film",
            "check that black and white are not exchanged",
        )  # fmt: skip
    if filled == 0:
        if plan.target == Target.LUNG:
            raise InvalidInput(
                "the lung mask is empty", field=name, value=relative, remedy="check that it is the right file"
            )
        done.warn(name, relative, "the infection mask is empty", "nothing, if the film shows no infection")
    return mask_hw
