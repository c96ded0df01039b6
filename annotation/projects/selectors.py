"""Reading projects."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

from django.db.models import Max, QuerySet

from annotation.accounts.models import User
from annotation.common.errors import Missing
from annotation.projects.models import CONVENTIONS, Convention, DrawingGuide, GuideReading, Project, Target
from annotation.projects.permissions import visible_projects
from annotation.projects.protocol import Protocol, ReviewStage, Training, catalogue, rules_of
from annotation.projects.protocol.catalogue import TARGET_DEFAULTS


def project_get(*, user: User, slug: str) -> Project:
    """The project, if the user has any role in it; else Missing, so that nobody learns which slugs exist."""
    project = visible_projects(user).filter(slug=slug).first()
    if project is None:
        raise Missing("no such project, or none that you may see", field="project", value=slug)
    return project


def guide_latest(project: Project) -> DrawingGuide | None:
    """The guide's newest version."""
    return project.guides.select_related("author").order_by("-version").first()


def guide_read_version(project: Project, user: User) -> int | None:
    """The newest version that the user has read; None where there is none."""
    readings = GuideReading.objects.filter(guide__project=project, user=user)
    return readings.aggregate(newest=Max("guide__version"))["newest"]


def guide_versions(project: Project) -> QuerySet[DrawingGuide]:
    """All versions, the newest first."""
    return project.guides.select_related("author").order_by("-version")


def field_texts(kind: type) -> dict[str, str]:
    """The strings written below a dataclass's fields: one place explains a parameter to code, API and pages."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    texts: dict[str, str] = {}
    if not isinstance(body, ast.ClassDef):
        return texts
    for line, following in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(line, ast.AnnAssign)
            and isinstance(line.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
            and isinstance(following.value.value, str)
        ):
            texts[line.target.id] = inspect.cleandoc(following.value.value)
    return texts


def _parameters(
    part: type, where: str, values: dict[str, Any], target_values: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    texts: dict[str, str] = {}
    for kind in reversed(part.__mro__[:-1]):
        texts |= field_texts(kind)
    return [
        {
            "name": name,
            "path": f"{where}.{name}" if where else name,
            "kind": rule.kind,
            "default": values[name],
            "target_defaults": {target: changed[name] for target, changed in target_values.items() if name in changed},
            "valid": rule.text,
            "explanation": texts.get(name, ""),
            "minimum": None,
            "maximum": None,
            "step": None,
            "optional": False,
            "choices": [],
            **rule.to_json(),
        }
        # What is asked of every stage in which people work comes last.
        for name, rule in sorted(rules_of(part).items(), key=lambda item: item[0] in ReviewStage.__annotations__)
    ]


def _part(name: str, kind: str, explanation: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "kind": kind, "explanation": explanation, "parameters": parameters}


def protocol_describe(protocol: Protocol) -> dict[str, Any]:
    """Name, source and parts of a protocol; each part has its parameters with default, meaning and what is valid.

    A parameter's ``path`` is how an override and an error name it: ``II.batch_size``.
    """
    data = protocol.to_json()
    parts = [
        _part(
            stage.name, stage.kind, inspect.getdoc(type(stage)) or "",
            _parameters(type(stage), stage.name, values, {}),
        )
        for stage, values in zip(protocol.stages, data["stages"], strict=True)
    ]  # fmt: skip
    parts.append(
        _part(
            "training", "training", inspect.getdoc(Training) or "",
            _parameters(Training, "training", data["training"], {}),
        )
    )  # fmt: skip
    parts.append(
        _part(
            "masks", "masks", "What holds for every mask that a network of this project draws.",
            _parameters(Protocol, "", data, TARGET_DEFAULTS),
        )
    )  # fmt: skip
    entry = catalogue().get(protocol.name)
    return {
        "name": protocol.name, "source": protocol.source, "explanation": entry.explanation if entry else "",
        "parts": parts, "defaults": data,
    }  # fmt: skip


def protocol_told(project: Project) -> dict[str, Any]:
    """The project's own protocol as ``protocol_describe`` tells one, each parameter with its ``value`` here, the
    ``standard`` that it would have for this target, and whether the two differ.
    """
    own = Protocol.from_json(project.protocol).to_json()
    stages = {stage["name"]: stage for stage in own["stages"]}
    entry = catalogue().get(own["name"])
    told = protocol_describe(entry.protocol if entry else Protocol.from_json(own))
    for part in told["parts"]:
        values = own["training"] if part["kind"] == "training" else stages.get(part["name"], own)
        for one in part["parameters"]:
            one["standard"] = one["target_defaults"].get(project.target, one["default"])
            one["value"] = values[one["name"]]
            one["differs"] = one["value"] != one["standard"]
    return told


def targets_describe() -> list[dict[str, Any]]:
    """What can be drawn, and by which conventions."""

    def named(choice: Target | Convention) -> dict[str, str]:
        return {"name": str(choice.value), "label": str(choice.label)}

    return [
        {**named(target), "conventions": [named(one) for one in Convention if one in CONVENTIONS[target]]}
        for target in Target
    ]


def protocols_describe() -> list[dict[str, Any]]:
    """All protocols of the catalogue, by name, each with the target that it is meant for."""
    known = catalogue()
    return [{**protocol_describe(known[name].protocol), "target": known[name].target} for name in sorted(known)]
