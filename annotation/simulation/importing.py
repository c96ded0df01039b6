"""Import of a run's films: seeds with their masks, the pool without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from annotation.common.errors import InvalidInput
from annotation.images.models import ImageRole
from annotation.masks.services.manifest_import import ImportReport, manifest_import
from annotation.projects.models import Project

LINES_SHOWN = 10


def import_films(
    project: Project, *, seeds: Path, pool: Path, convention: str, say: Callable[[str], Any], has_seeds: bool = True
) -> None:
    """Import both manifests; what is wrong with a row is said in one line and the row stays out.

    Raises InvalidInput where nothing of a manifest came in.
    """
    parts = ((ImageRole.SEED, seeds), (ImageRole.POOL, pool))
    for role, manifest in parts if has_seeds else parts[1:]:
        report = manifest_import(project=project, manifest=manifest, role=str(role), convention=convention)
        _tell(report, say)
        if report.rows == report.refused:
            first = str(report.errors[0]) if report.errors else "it is empty"
            raise InvalidInput(
                f"no film of {manifest} could be imported: {first}", field="--manifest", value=str(manifest),
                remedy="mend what the line names and begin again in a new folder",
            )  # fmt: skip


def _tell(report: ImportReport, say: Callable[[str], Any]) -> None:
    films = report.added + report.linked + report.unchanged
    speed = f", {report.rows / report.seconds:.0f} images/s" if report.seconds else ""
    say(
        f"  {report.role}: {films} of {report.rows} films, {report.masks} masks, {len(report.warnings)} warnings{speed}"
    )
    for problem in [*report.errors, *report.warnings][:LINES_SHOWN]:
        say(f"    {problem}")
    more = len(report.problems) - LINES_SHOWN
    if more > 0:
        say(f"    and {more} more lines, in the import report")
