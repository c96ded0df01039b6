"""Reading dataset versions."""

from __future__ import annotations

from uuid import UUID

from annotation.common.errors import Missing
from annotation.exports.models import DatasetItem, DatasetVersion
from annotation.projects.models import Project


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


def datasets_of_film(*, project: Project, image_id: UUID) -> list[DatasetItem]:
    """The film as it stands in each version of the project that holds it with a mask of its own, oldest first."""
    items = DatasetItem.objects.filter(version__project=project, project=project, image=image_id)
    return list(items.select_related("version").order_by("version__number"))
