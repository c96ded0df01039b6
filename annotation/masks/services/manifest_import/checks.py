"""Checks of a project's films as a whole."""

from __future__ import annotations

from collections import defaultdict

from annotation.images.models import ImageRole, ImageState, ProjectImage
from annotation.masks.services.manifest_import.report import ERROR, WARNING, Problem
from annotation.projects.models import Project
from annotation.projects.protocol import DrawingStage, EvaluationStage, InitialTrainingStage, Protocol


def enough_for_protocol(project: Project, *, roles: frozenset[str] = frozenset(ImageRole.values)) -> list[Problem]:
    """What the project's films lack for its protocol: errors stand in the way of a start, warnings do not.

    ``roles`` limits the checks to seeds or to the pool, for an import that brings one of them.
    """
    protocol = Protocol.from_json(project.protocol)
    first = protocol.stages[0]
    films = list(
        ProjectImage.objects.filter(project=project)
        .exclude(state=ImageState.EXCLUDED)
        .values_list("role", "image__patient__split_group")
    )
    problems = []
    if ImageRole.SEED in roles:
        groups = [group for role, group in films if role == ImageRole.SEED]
        if not isinstance(first, InitialTrainingStage):
            if groups:
                problems.append(
                    Problem(
                        ERROR, None, "seeds", str(len(groups)),
                        f"protocol {protocol.name} has no use for seeds, and {len(groups)} are imported",
                        "change their role to pool: their masks are kept and not used",
                    )
                )  # fmt: skip
        elif len(groups) < first.minimum_seeds:
            problems.append(
                Problem(
                    ERROR, None, "seeds", str(len(groups)),
                    f"too few images for the protocol: {len(groups)} seeds, stage {first.name} asks for "
                    f"{first.minimum_seeds}",
                    "import more seeds",
                )
            )  # fmt: skip
        elif len(set(groups)) < 2:
            problems.append(
                Problem(
                    ERROR, None, "seeds", str(len(groups)),
                    "all seeds show one patient, so that none is left for validation", "import seeds of more patients",
                )
            )  # fmt: skip
    if ImageRole.POOL in roles:
        pool = sum(role == ImageRole.POOL for role, _ in films)
        asks = [stage for stage in protocol.stages if isinstance(stage, EvaluationStage | DrawingStage)]
        most = max(asks, key=lambda stage: stage.total, default=None)
        if pool == 0:
            problems.append(
                Problem(ERROR, None, "pool", "0", "the project has no films to label", "import some as pool films")
            )
        elif most is not None and pool < most.total:
            problems.append(
                Problem(
                    WARNING, None, "pool", str(pool),
                    f"too few images for the protocol: {pool} in the pool, stage {most.name} asks for {most.total} and "
                    "will end when they are used up",
                    "import more pool films, or make a project with a smaller total",
                )
            )  # fmt: skip
    return problems


def lonely_classes(project: Project) -> list[Problem]:
    """A warning for each class that one patient alone shows: it cannot be both learnt and validated."""
    groups: dict[str, set[object]] = defaultdict(set)
    for label, group in ProjectImage.objects.filter(project=project, image__withdrawn_at=None).values_list(
        "image__label", "image__patient__split_group"
    ):
        groups[label].add(group)
    lonely = [label for label, patients in sorted(groups.items()) if len(patients) == 1 and len(groups) > 1]
    message, remedy = "only one patient has this class", "import more of them, or join the class with another"
    return [Problem(WARNING, None, "label", label or "(empty)", message, remedy) for label in lonely]
