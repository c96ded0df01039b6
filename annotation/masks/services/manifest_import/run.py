"""The import itself: rows are read by threads while the rows before them are written."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.blobs import blobs
from annotation.common.errors import DomainError, InvalidInput
from annotation.images.models import ImageRole
from annotation.images.services import FilmBook
from annotation.masks.models import FilmImport
from annotation.masks.services.manifest_import.checks import enough_for_protocol, lonely_classes
from annotation.masks.services.manifest_import.manifest import ManifestRow, read_manifest
from annotation.masks.services.manifest_import.prepare import Plan, Prepared, prepare
from annotation.masks.services.manifest_import.record import ChunkRecorder
from annotation.masks.services.manifest_import.report import WARNING, ImportReport, Problem
from annotation.projects.guards import require_in_use
from annotation.projects.models import Convention, Project, ProjectState

CHUNK = 64
"""Rows that are written in one transaction: a crash loses no more than these, and the next import brings them."""


def manifest_import(
    *,
    project: Project,
    manifest: Path,
    role: str,
    where: Mapping[str, str] | None = None,
    actor: User | None = None,
    convention: str = "",
    override_reason: str = "",
    limit: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Import a manifest's films into a project as seeds, with the masks of its target, or into its pool.

    With role ``pool`` no mask column is ever opened. Imported again, the same rows add nothing. What is wrong with the
    manifest or a row is in the report, not raised; InvalidInput is raised for arguments that cannot be: an unknown role
    or convention. ``override_reason`` admits seeds drawn by another convention than the project's and is audited.
    ``on_progress(done, total)`` is called after each chunk.
    """
    if role not in ImageRole.values:
        raise InvalidInput(
            f"no role {role!r}", field="role", value=role, remedy=f"use one of {', '.join(ImageRole.values)}"
        )
    if convention and convention not in Convention.values:
        raise InvalidInput(
            f"no convention {convention!r}", field="convention", value=convention,
            remedy=f"use one of {', '.join(Convention.values)}",
        )  # fmt: skip
    started = time.monotonic()
    report = ImportReport(project=project.slug, role=role, manifest=manifest.name)
    try:
        _check_state(project, role)
        rows = read_manifest(manifest, where=where or {}, limit=limit)
    except DomainError as error:
        report.problems.append(Problem.of(error))
    else:
        plan = Plan(
            root=manifest.parent,
            target=project.target,
            project_convention=project.convention,
            stated_convention=convention,
            override_reason=override_reason.strip(),
            with_mask=role == ImageRole.SEED,
        )
        _rows(project, role, plan, rows, report, actor, on_progress)
        if plan.with_mask and not convention and any(not row.convention for row in rows):
            report.problems.append(
                Problem(
                    WARNING, None, "convention", "",
                    f"rows state no annotation convention and are taken to follow the project's, {project.convention}",
                    "state it by a column convention, or choose it with the import",
                )
            )  # fmt: skip
        report.problems.extend(
            # More may be imported before the project starts, so what would stop a start is a warning here.
            replace(problem, severity=WARNING)
            for problem in [*enough_for_protocol(project, roles=frozenset({role})), *lonely_classes(project)]
        )
    report.seconds = round(time.monotonic() - started, 3)
    _keep(project, report, actor, override_reason.strip(), where)
    return report


def _check_state(project: Project, role: str) -> None:
    require_in_use(project)
    if role == ImageRole.SEED and project.state != ProjectState.SETUP:
        raise InvalidInput(
            f"project {project.slug} is {project.state}: its seeds were fixed when it started",
            field="role", value=role,
            remedy="import the films as pool films, or make a new project",
        )  # fmt: skip
    if project.state == ProjectState.FINISHED:
        raise InvalidInput(
            f"project {project.slug} is finished", field="project", value=project.slug, remedy="make a new project"
        )


def _rows(
    project: Project,
    role: str,
    plan: Plan,
    rows: list[ManifestRow],
    report: ImportReport,
    actor: User | None,
    on_progress: Callable[[int, int], None] | None,
) -> None:
    book = FilmBook()
    book.refresh()
    film_import = FilmImport.objects.create(
        project=project, role=role, manifest=report.manifest[:255], actor=actor if actor and actor.pk else None
    )
    # More threads than processors: much of the time goes into waiting for the disk to confirm.
    with ThreadPoolExecutor(max_workers=min(16, 3 * (os.cpu_count() or 1))) as threads:
        for chunk in _prepared(threads, rows, plan, book):
            ChunkRecorder(film_import, book).record(chunk, report)
            if on_progress is not None:
                on_progress(report.rows, len(rows))
    # The report of an import goes by its name, so that the list of imports can tell what became of it.
    report.key = f"imports/{film_import.pk}.json"
    if not film_import.items.exists():
        film_import.delete()


def _prepared(
    threads: ThreadPoolExecutor, rows: list[ManifestRow], plan: Plan, book: FilmBook
) -> Iterator[list[Prepared]]:
    """Chunks in the manifest's order; the next one is being read while the caller writes this one."""

    def submit(start: int) -> list[Any]:
        return [threads.submit(prepare, row, plan, book.files) for row in rows[start : start + CHUNK]]

    waiting = submit(0)
    for start in range(CHUNK, len(rows) + CHUNK, CHUNK):
        following = submit(start)
        yield [future.result() for future in waiting]
        waiting = following


TELLING = frozenset({"label", "view", "source", "set", "split", "role", "convention", "convention_lung"})
"""Columns whose values say nothing of who a patient is."""


def _told(where: Mapping[str, str]) -> dict[str, str]:
    """Conditions for the audit log, which holds no identifiers: of other columns only the name is told."""
    return {column: value if column in TELLING else "(not kept)" for column, value in where.items()}


def _keep(
    project: Project, report: ImportReport, actor: User | None, override_reason: str, where: Mapping[str, str] | None
) -> None:
    report.key = report.key or f"imports/{uuid.uuid4()}.json"
    data = report.to_json()
    blobs().write(report.key, json.dumps(data, ensure_ascii=False, indent=1).encode())
    audit_record(
        "images.import", project, actor=actor, project_id=project.pk, report=report.key, role=report.role,
        where=_told(where or {}), counts=data["counts"],
    )  # fmt: skip
    overridden = sum(problem.field == "convention" and problem.row is not None for problem in report.warnings)
    if override_reason and overridden:
        audit_record(
            "images.convention_overridden", project, actor=actor, project_id=project.pk, reason=override_reason,
            rows=overridden,
        )  # fmt: skip
