"""Reading dataset versions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from annotation.accounts.models import User
from annotation.common.errors import Conflict, Gone, Missing
from annotation.exports.models import DatasetItem, DatasetVersion, LabelHistory
from annotation.images.models import Image
from annotation.jobs.models import Job, JobStatus
from annotation.projects.guards import require_research
from annotation.projects.models import Project
from annotation.projects.selectors import project_get


def dataset_get(*, project: Project, number: int | None = None) -> DatasetVersion:
    """A version by number, the latest without one; raises Missing."""
    versions = (
        DatasetVersion.objects.filter(project=project).select_related("project", "created_by").order_by("-number")
    )
    version = versions.first() if number is None else versions.filter(number=number).first()
    if version is None:
        raise Missing(
            f"{project.slug} has no dataset version {number or ''}".rstrip(), field="number", value=number,
            remedy="freeze a version first, or list those there are",
        )  # fmt: skip
    return version


def dataset_researched(*, user: User, slug: str, number: int | None = None) -> DatasetVersion:
    """A version, if the user may research every project that it joins; raises Missing, NotAllowed."""
    project = project_get(user=user, slug=slug)
    require_research(user, project)
    version = dataset_get(project=project, number=number)
    for head in version.projects[1:]:
        require_research(user, project_get(user=user, slug=head["slug"]))
    return version


def datasets_of_film(*, project: Project, image_id: UUID) -> list[DatasetItem]:
    """The film as it stands in each version of the project that holds it with a mask of its own, oldest first."""
    items = DatasetItem.objects.filter(version__project=project, project=project, image=image_id)
    return list(items.select_related("version").order_by("version__number"))


def withdrawn_films(version: DatasetVersion) -> int:
    """How many of its films were withdrawn since it was frozen."""
    gone = Image.objects.filter(withdrawn_at__isnull=False).order_by()
    items = DatasetItem.objects.filter(version=version, image__in=gone.values("pk"))
    return items.values("image").distinct().count()


def check_whole(version: DatasetVersion) -> None:
    """Raises Gone where films of the version were withdrawn: its files are not made any more."""
    if count := withdrawn_films(version):
        raise Gone(
            f"version {version.number} cannot be had any more: {count} of its films belonged to a patient who was "
            "withdrawn", field="number", value=version.number,
            remedy="freeze a new version: it holds all the other films. The checksums of this one stay",
        )  # fmt: skip


NOT_KEPT, NO_NETWORK, NOT_STARTED, DRAWING, FAILED, READY = (
    "not_kept", "no_network", "not_started", "drawing", "failed", "ready",
)  # fmt: skip
LABEL_STATES = (NOT_KEPT, NO_NETWORK, NOT_STARTED, DRAWING, FAILED, READY)


def label_state(version: DatasetVersion) -> dict[str, Any]:
    """How a version's label history stands: its state, films drawn of those to draw, and the words of a failure."""
    history = LabelHistory.objects.filter(version=version).first()
    answer: dict[str, Any] = {"state": NOT_STARTED, "done": 0, "total": 0, "error": "", "waiting": False}
    if version.labels is None:
        return {**answer, "state": NOT_KEPT}
    if any(head["network"] is None for head in version.labels["projects"]):
        return {**answer, "state": NO_NETWORK}
    if history is None:
        return answer
    # A request names thousands of films, and this is asked for each version of a list.
    jobs = list(history.jobs.defer("request", "result"))
    answer["total"] = sum(job.context["films"] for job in jobs)
    answer["done"] = sum(_drawn(job) for job in jobs)
    if history.ready_at is not None:
        return {**answer, "state": READY}
    stopped = [job for job in jobs if job.status in (JobStatus.FAILED, JobStatus.CANCELLED)]
    if stopped:
        return {**answer, "state": FAILED, "error": stopped[0].error}
    going = [job for job in jobs if job.status != JobStatus.SUCCEEDED]
    waiting = bool(going) and all(job.status != JobStatus.RUNNING for job in going)
    error = next((job.error for job in jobs if job.error), "")
    return {**answer, "state": DRAWING, "waiting": waiting, "error": error}


def _drawn(job: Job) -> int:
    films = int(job.context["films"])
    return films if job.status == JobStatus.SUCCEEDED else min(films, int(job.progress.get("done", 0)))


WHY_NO_HISTORY = {
    NOT_KEPT: ("was frozen before label histories were kept", "freeze a new version: it keeps them"),
    NO_NETWORK: (
        "was frozen before the first stage had ended, so no network could draw its films",
        "freeze a new version when the stage has ended",
    ),
    NOT_STARTED: ("has no candidates yet", "prepare its label history first, on the project page or by the command"),
    DRAWING: ("is still having its candidates drawn", "wait until its label history is ready"),
    FAILED: ("has no label history: drawing its candidates failed", "try it again on the project page"),
}


def label_history_get(version: DatasetVersion) -> LabelHistory:
    """The version's history where it is ready; raises Conflict that says how it stands."""
    state = label_state(version)["state"]
    if state != READY:
        why, remedy = WHY_NO_HISTORY[state]
        raise Conflict(
            f"version {version.number} {why}", code="no_label_history", field="labels", value=state, remedy=remedy
        )
    return LabelHistory.objects.get(version=version)
