"""Which split a patient belongs to, over all joined projects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from annotation.common.errors import Conflict
from annotation.exports.models import DatasetItem
from annotation.images.models import DuplicateLink, ImageSplit, ProjectImage
from annotation.projects.models import Project

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)
_RANK = {ImageSplit.NONE.value: 0, ImageSplit.VALIDATION.value: 1, ImageSplit.TEST.value: 2}
MAX_NAMED = 5


def group_splits(projects: Sequence[Project]) -> dict[UUID, str]:
    """Split by split group; groups that are not named are for training.

    A patient who is tested in one project is tested in the version, one who validates in one validates in the version
    unless tested: the stricter use wins, so that no joined dataset trains on what a project held back. Films that are
    not exported count too, a seed that validates keeps its patient out of training. Raises Conflict where one project
    holds a group for test and for validation: then its own figures are not to be trusted.
    """
    found: dict[UUID, int] = {}
    for project in projects:
        seen: dict[UUID, int] = {}
        rows = (
            ProjectImage.objects.filter(project=project)
            .exclude(split=ImageSplit.NONE)
            .values_list("image__patient__split_group", "split")
            .distinct()
        )
        clash = set()
        for group, split in rows.iterator():
            if seen.setdefault(group, _RANK[split]) != _RANK[split]:
                clash.add(str(group))
        if clash:
            raise Conflict(
                f"{project.slug}: {len(clash)} split group(s) are both test and validation",
                field="split", value=sorted(clash)[:MAX_NAMED], remedy="exclude the films of one of the two uses",
            )  # fmt: skip
        for group, rank in seen.items():
            found[group] = max(rank, found.get(group, 0))
    return {group: SPLITS[rank] for group, rank in found.items()}


def check_straddling(version_id: UUID) -> None:
    """Near duplicates share a split. Raises Conflict that names the films where links and groups disagree."""
    items = DatasetItem.objects.filter(version_id=version_id)
    split_of: dict[UUID, str] = dict(items.values_list("image_id", "split"))
    straddling = [
        f"{first} ({split_of[first]}) ~ {second} ({split_of[second]})"
        for first, second in DuplicateLink.objects.order_by("id").values_list("first_id", "second_id").iterator()
        if split_of.get(first) and split_of.get(second) and split_of[first] != split_of[second]
    ]
    if straddling:
        raise Conflict(
            f"{len(straddling)} pair(s) of near duplicates lie in different splits",
            field="split", value=straddling[:MAX_NAMED],
            remedy="join the split groups of their patients, or exclude one film of each pair",
        )  # fmt: skip
    rows = items.order_by().values_list("split", "image__patient__split_group").distinct()
    uses = Counter(group for _, group in rows)
    torn = sorted(str(group) for group, count in uses.items() if count > 1)
    if torn:
        raise Conflict(
            f"{len(torn)} split group(s) lie in more than one split",
            field="split", value=torn[:MAX_NAMED], remedy="report this: splits are made by group",
        )  # fmt: skip
