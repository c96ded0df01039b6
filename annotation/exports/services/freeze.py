"""Freezing the repository of one or more projects into a numbered version."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import InvalidInput
from annotation.exports.models import DatasetItem, DatasetVersion
from annotation.exports.services.drafts import drafts
from annotation.exports.services.splits import check_straddling
from annotation.exports.services.steps import Steps
from annotation.exports.services.summary import Summary
from annotation.projects.guards import require_research
from annotation.projects.models import Project, ProjectState


class _Unchanged(Exception):
    """Rolls the new rows back where the content is that of the latest version."""


def dataset_freeze(
    *,
    projects: Sequence[Project],
    actor: User | None,
    include_seeds: bool = False,
    note: str = "",
    reuse: bool = False,
) -> DatasetVersion:
    """Number and keep the current ground truth of the projects; the first project counts the numbers.

    Precondition: the projects have different targets. Films without a mask and excluded films stay out; seeds come
    in by ``include_seeds`` only. What the masks were after each stage is kept beside them (``steps``). With ``reuse``
    the latest version of the same projects and content is returned where there is one that keeps it too. Raises
    InvalidInput, NotAllowed, or Conflict where splits or masks contradict each other.
    """
    _check(projects)
    if actor is not None:
        for project in projects:
            require_research(actor, project)
    with transaction.atomic():
        # In one order for everybody, so that two freezes of the same pair cannot wait for each other.
        locked = {
            p.pk: p
            for p in Project.objects.select_for_update(no_key=True)
            .filter(pk__in=[p.pk for p in projects])
            .order_by("pk")
        }
        ordered = [locked[project.pk] for project in projects]
        same: DatasetVersion | None = None
        try:
            with transaction.atomic():
                version = _freeze(ordered, actor, include_seeds, note)
                earlier = DatasetVersion.objects.filter(
                    project=ordered[0], content_sha256=version.content_sha256, projects=version.projects,
                    labels__isnull=False,
                )  # fmt: skip
                same = earlier.exclude(pk=version.pk).order_by("-number").first() if reuse else None
                if same is not None:
                    raise _Unchanged
        except _Unchanged:
            assert same is not None
            return same
        audit_record(
            "dataset.freeze", version, actor=actor, project_id=ordered[0].pk, number=version.number,
            projects=[project.slug for project in ordered], content_sha256=version.content_sha256,
        )  # fmt: skip
    return version


def _check(projects: Sequence[Project]) -> None:
    if not projects:
        raise InvalidInput("no project is named", field="projects", remedy="name one project or more")
    by_target: dict[str, str] = {}
    for project in projects:
        other = by_target.setdefault(project.target, project.slug)
        if other != project.slug or [p.pk for p in projects].count(project.pk) > 1:
            raise InvalidInput(
                f"{other} and {project.slug} both draw the target {project.target}",
                field="projects", value=[p.slug for p in projects],
                remedy="join projects with different targets, such as lung and infection",
            )  # fmt: skip


def _freeze(projects: list[Project], actor: User | None, include_seeds: bool, note: str) -> DatasetVersion:
    heads = [
        {
            "slug": project.slug,
            "target": project.target,
            "convention": project.convention,
            "protocol": project.protocol.get("name", ""),
            "source": project.protocol.get("source", ""),
            "random_seed": project.random_seed,
        }
        for project in projects
    ]
    version_id = uuid.uuid4()
    digest = hashlib.sha256(_canonical({"projects": heads, "include_seeds": include_seeds}))
    summary = Summary()
    # Items go in before their version: its row is append-only and holds the hash over them. The foreign key is checked
    # at the end of the transaction.
    steps = {project.pk: Steps.of(project) for project in projects}
    for chunk in drafts(projects, include_seeds=include_seeds, steps=steps):
        items = [DatasetItem(version_id=version_id, **draft.as_fields()) for draft in chunk]
        DatasetItem.objects.bulk_create(items, batch_size=200)
        for draft in chunk:
            digest.update(_canonical(draft.as_json()))
            summary.add(draft)
    if not summary.masks:
        raise InvalidInput(
            "no film has a mask that may be exported", field="projects", value=[project.slug for project in projects],
            remedy="start the project first: its seeds count from then on"
            if any(project.state == ProjectState.SETUP for project in projects)
            else "settle films first, or include the seeds",
        )  # fmt: skip
    check_straddling(version_id)
    number = DatasetVersion.objects.filter(project=projects[0]).aggregate(last=Max("number"))["last"] or 0
    return DatasetVersion.objects.create(
        id=version_id,
        project=projects[0],
        projects=heads,
        number=number + 1,
        include_seeds=include_seeds,
        note=note,
        created_by=actor,
        content_sha256=digest.hexdigest(),
        summary=summary.as_json(projects, include_seeds=include_seeds),
        labels={"projects": [steps[project.pk].as_json(project) for project in projects]},
    )


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
