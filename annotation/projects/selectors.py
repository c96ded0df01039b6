"""Reading projects."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
from typing import Any

from annotation.accounts.models import User
from annotation.common.errors import Missing
from annotation.projects.models import DrawingGuide, Project
from annotation.projects.permissions import visible_projects
from annotation.projects.protocol import PROTOCOLS, Protocol, Stage, Training, get_protocol
from mlbackend.contracts import TrainingSettings


def project_get(*, user: User, slug: str) -> Project:
    """The project, if the user has any role in it; else Missing, so that nobody learns which slugs exist."""
    project = visible_projects(user).filter(slug=slug).first()
    if project is None:
        raise Missing("no such project, or none that you may see", field="project", value=slug)
    return project


def guide_latest(project: Project) -> DrawingGuide | None:
    """The guide's newest version."""
    return project.guides.select_related("author").order_by("-version").first()


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


def _parameters(part: Stage | Training, values: dict[str, Any]) -> list[dict[str, Any]]:
    texts = field_texts(type(part))
    if isinstance(part, Training):
        texts = {**field_texts(TrainingSettings), **texts}
    return [
        {"name": field.name, "default": values[field.name], "explanation": texts.get(field.name, "")}
        for field in dataclasses.fields(part)
        if field.name != "name"
    ]


def protocol_describe(protocol: Protocol) -> dict[str, Any]:
    """Name, source and parts of a protocol, each part with its parameters, their defaults and what they mean."""
    data = protocol.to_json()
    parts = [
        {
            "name": stage.name,
            "kind": stage.kind,
            "explanation": inspect.getdoc(type(stage)) or "",
            "parameters": _parameters(stage, values),
        }
        for stage, values in zip(protocol.stages, data["stages"], strict=True)
    ]
    parts.append(
        {
            "name": "training",
            "kind": "training",
            "explanation": inspect.getdoc(Training) or "",
            "parameters": _parameters(protocol.training, data["training"]),
        }
    )
    return {"name": protocol.name, "source": protocol.source, "parts": parts, "defaults": data}


def protocols_describe() -> list[dict[str, Any]]:
    """All protocols of the catalogue, by name."""
    return [protocol_describe(get_protocol(name)) for name in sorted(PROTOCOLS)]
