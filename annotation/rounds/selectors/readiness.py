"""What is still missing before a project can start, and before people can work in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from annotation.images.models import ImageRole, ImageState, ProjectImage, ScreeningDecision
from annotation.projects.models import Membership, Project, Role
from annotation.projects.protocol import (
    DrawingStage,
    EvaluationStage,
    InitialTrainingStage,
    OutOfFoldStage,
    Protocol,
    validation_count,
)
from annotation.projects.selectors import guide_latest

FEW_VALIDATION_PATIENTS = 5
"""With fewer patients the choice among networks is mostly luck."""


PEOPLE = {
    Role.ANNOTATOR: "annotators judge the films",
    Role.PHYSICIAN: "MDs decide what is unsure, and what the protocol asks of them",
}


@dataclass(frozen=True)
class Point:
    """One thing to see to."""

    code: str
    done: bool
    required: bool
    """Whether the start is refused without it."""
    text: str
    page: str
    """Where it is done: ``import``, ``screening``, ``people`` or ``guide``."""


def readiness(project: Project) -> list[Point]:
    """All points in the order in which they are best seen to; those that are done say so with their numbers."""
    protocol = Protocol.from_json(project.protocol)
    needed = frozenset[str]().union(*(stage.roles for stage in protocol.stages))
    seeds, pool, groups, out = _films(project)
    roles = Counter(Membership.objects.filter(project=project).values_list("role", flat=True))
    guide = guide_latest(project)
    return [
        *_seeds(protocol, seeds, groups),
        Point("pool", pool > 0, True, f"{pool} films are in the pool", "import"),
        *_total(protocol, pool),
        Point(
            "screening", out is not None, False,
            "nobody has screened the pool" if out is None else f"the pool is screened: {out} films are out",
            "screening",
        ),
        *(_people(roles, role, words) for role, words in PEOPLE.items() if role in needed),
        *_second_reader(protocol, roles),
        Point(
            "guide", guide is not None, False,
            f"version {guide.version} of the drawing guide is in force" if guide else "there is no drawing guide",
            "guide",
        ),
    ]  # fmt: skip


def _films(project: Project) -> tuple[int, int, int, int | None]:
    """Seeds, pool films, the seeds' split groups, and how many films screening took out; None: nobody has screened."""
    films = ProjectImage.objects.filter(project=project).exclude(state=ImageState.EXCLUDED)
    seeds = films.filter(role=ImageRole.SEED)
    groups = seeds.order_by().values("image__patient__split_group").distinct().count()
    out = None
    if ScreeningDecision.objects.filter(project_image__project=project).exists():
        out = ProjectImage.objects.filter(project=project, role=ImageRole.POOL, state=ImageState.EXCLUDED).count()
    return seeds.count(), films.filter(role=ImageRole.POOL).count(), groups, out


def _total(protocol: Protocol, pool: int) -> Iterator[Point]:
    for stage in protocol.stages:
        if isinstance(stage, EvaluationStage | DrawingStage):
            yield Point(
                "total", pool >= stage.total, False,
                f"stage {stage.name} asks for {stage.total} films of the pool, and ends when they are used up",
                "import",
            )  # fmt: skip


def _seeds(protocol: Protocol, seeds: int, groups: int) -> Iterator[Point]:
    first = protocol.stages[0]
    if isinstance(first, InitialTrainingStage):
        yield Point(
            "seeds", seeds >= first.minimum_seeds, True,
            f"{seeds} seeds are imported, stage {first.name} asks for {first.minimum_seeds} or more", "import",
        )  # fmt: skip
        yield from _validation(first, groups)
    elif seeds:
        yield Point(
            "seeds", False, True,
            f"{seeds} seeds are imported, and the protocol has no use for them: make them films of the pool", "import",
        )  # fmt: skip


def _validation(stage: InitialTrainingStage, groups: int) -> Iterator[Point]:
    chosen = validation_count(stage.validation_fraction, groups)
    yield Point(
        "patients", groups >= 2, True,
        f"the seeds show {groups} patients; two are needed, as one is kept for validation", "import",
    )  # fmt: skip
    if groups >= 2:
        yield Point(
            "validation", chosen >= FEW_VALIDATION_PATIENTS, False,
            f"{chosen} of them will select the networks, {FEW_VALIDATION_PATIENTS} or more choose better", "import",
        )  # fmt: skip


def _second_reader(protocol: Protocol, roles: Counter[str]) -> Iterator[Point]:
    for stage in protocol.stages:
        if isinstance(stage, OutOfFoldStage):
            yield Point(
                "second_reader", roles[stage.readers] >= 2, False,
                f"stage {stage.name} wants two people or more who choose, so that nobody judges what he drew himself",
                "people",
            )  # fmt: skip


def _people(roles: Counter[str], role: Role, what: str) -> Point:
    count = roles[role]
    words = {0: "nobody has", 1: "one person has"}.get(count, f"{count} people have")
    return Point(role.value, count > 0, False, f"{what}: {words} the role", "people")
