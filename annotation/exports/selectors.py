"""Reading dataset versions."""

from __future__ import annotations

from uuid import UUID

from annotation.accounts.models import User
from annotation.common.errors import Missing
from annotation.exports.models import DatasetItem, DatasetVersion
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
