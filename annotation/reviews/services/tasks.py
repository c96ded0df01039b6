"""Making tasks: batches, proposals, blind choices and probes."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np

from annotation.images.models import ProjectImage
from annotation.masks.display import resampled
from annotation.masks.models import Mask, MaskKind
from annotation.masks.services import mask_read, mask_store
from annotation.projects.models import Project, Role
from annotation.reviews.models import ReviewBatch, ReviewTask, TaskCandidate, TaskKind
from annotation.reviews.probes import break_mask
from mlbackend.metrics import Confusion, dice_of

BULK = 500


def batch_open(*, project: Project, name: str, number: int) -> ReviewBatch:
    """A new batch; ``number`` is the number of its round, so that masks of both kinds name the same round."""
    return ReviewBatch.objects.create(project=project, number=number, name=name)


def proposal_tasks_create(
    *,
    batch: ReviewBatch,
    proposals: Sequence[tuple[ProjectImage, Mask | None]],
    kind: str,
    role: str,
    replicas: Sequence[int] | None = None,
    corrections: Sequence[int] | None = None,
    agree_dsc: float | None = None,
    first_order: int = 0,
) -> list[ReviewTask]:
    """One task a film and reading: ``replicas[i]`` people read film i (one where None). Where all reject,
    ``corrections[i]`` people correct it, one or two; of two that agree less than ``agree_dsc`` an MD picks one.
    A correction of None is a drawing.
    """
    doubled = [bool(corrections) and corrections[i] > 1 for i in range(len(proposals))]  # type: ignore[index]
    tasks = [
        ReviewTask(
            batch=batch, project_id=batch.project_id, project_image=film, kind=kind, role=role, proposal=mask,
            order=first_order + i, replica=replica, replicas=replicas[i] if replicas else 1,
            corrections=2 if doubled[i] else 1, agree_dsc=agree_dsc if doubled[i] else None,
        )
        for i, (film, mask) in enumerate(proposals)
        for replica in range(replicas[i] if replicas else 1)
    ]  # fmt: skip
    return ReviewTask.objects.bulk_create(tasks, batch_size=BULK)


def selection_tasks_create(
    *,
    batch: ReviewBatch,
    candidates: Sequence[tuple[ProjectImage, Sequence[Mask]]],
    seed: int,
    tie_dsc: float,
    replicas: Sequence[int] | None = None,
    repeats: Sequence[int] | None = None,
    first_order: int = 0,
    role: str = Role.ANNOTATOR,
    shown_at: int | None = None,
) -> list[ReviewTask]:
    """Blind choices: the order of a task's masks is a stored permutation that the seed and the film alone decide.

    ``repeats[i]`` above 0: the first reading of film i comes back to its reader, in an order of its own, after that
    many other films. These tasks are there from the start, so that no count moves when they come. With ``shown_at``
    masks are compared as they are shown: after the resampling that hides which of them is a drawing.
    """
    tasks: list[ReviewTask] = []
    panes: list[TaskCandidate] = []

    def offer(task: ReviewTask, masks: Sequence[Mask], ties: Sequence[int], which: str) -> None:
        order = list(range(len(masks)))
        random.Random(f"{seed}:{task.project_image.image.sha256}:{batch.number}:{which}").shuffle(order)  # noqa: S311
        panes.extend(
            TaskCandidate(task=task, mask=masks[index], position=position, tie_group=ties[index])
            for position, index in enumerate(order)
        )
        tasks.append(task)

    for i, (film, masks) in enumerate(candidates):
        pixels = [mask_read(mask) for mask in masks]
        ties = tie_groups([resampled(one, shown_at) for one in pixels] if shown_at else pixels, tie_dsc)
        readers = replicas[i] if replicas else 1
        common: dict[str, Any] = {
            "batch": batch, "project_id": batch.project_id, "project_image": film, "kind": TaskKind.SELECTION,
            "role": role, "order": first_order + i, "shown_at": shown_at,
        }  # fmt: skip
        readings = [ReviewTask(**common, replica=replica, replicas=readers) for replica in range(readers)]
        for reading in readings:
            offer(reading, masks, ties, str(reading.replica))
        if repeats and repeats[i]:
            again = ReviewTask(**common, repeat_of=readings[0], due_after=repeats[i], shown_as=uuid.uuid4())
            offer(again, masks, ties, "repeat")
    ReviewTask.objects.bulk_create(tasks, batch_size=BULK)
    TaskCandidate.objects.bulk_create(panes, batch_size=BULK)
    return tasks


def tie_groups(masks: Sequence[np.ndarray], tie_dsc: float) -> list[int]:
    """Group number of each mask (H, W) bool: those whose DSC is at least ``tie_dsc`` with a member share a group.

    64 pixels are compared at once: 30,000 films with six masks each are half a million pairs.
    """
    packed = [_words(mask) for mask in masks]
    sizes = [int(np.bitwise_count(bits).sum()) for bits in packed]
    groups = list(range(len(masks)))
    for i in range(len(masks)):
        for j in range(i):
            if groups[i] == groups[j]:
                continue
            both = int(np.bitwise_count(packed[i] & packed[j]).sum())
            if dice_of(Confusion(both, sizes[i] - both, sizes[j] - both, 0)) >= tie_dsc:
                old, new = max(groups[i], groups[j]), min(groups[i], groups[j])
                groups = [new if group == old else group for group in groups]
    return groups


def _words(mask_hw: np.ndarray) -> np.ndarray:
    bits = np.packbits(mask_hw)
    return np.pad(bits, (0, -len(bits) % 8)).view(np.uint64)


def probe_tasks_create(
    *, batch: ReviewBatch, proposals: Sequence[tuple[ProjectImage, Mask]], fraction: float, seed: int, role: str
) -> list[ReviewTask]:
    """A seeded share of the films comes a second time with a broken proposal; these tasks never settle anything."""
    rng = random.Random(f"{seed}:probes:{batch.number}")  # noqa: S311
    count = round(fraction * len(proposals))
    tasks = []
    for i in sorted(rng.sample(range(len(proposals)), count)):
        film, mask = proposals[i]
        broken, how = break_mask(mask_read(mask), random.Random(f"{seed}:{film.image.sha256}"))  # noqa: S311
        probe = mask_store(
            project=batch.project, image=film.image, kind=MaskKind.PROBE, mask_hw=broken, parents=[mask],
            round_number=batch.number, note={"broken": how},
        )  # fmt: skip
        tasks.append(
            ReviewTask(
                batch=batch, project_id=batch.project_id, project_image=film, kind=TaskKind.VERDICT, role=role,
                proposal=probe, order=rng.randrange(len(proposals)), is_probe=True,
            )
        )  # fmt: skip
    return ReviewTask.objects.bulk_create(tasks)
