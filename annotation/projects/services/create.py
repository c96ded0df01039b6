"""Setting a project up."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from annotation.accounts.models import User
from annotation.common.audit import audit_record
from annotation.common.errors import Conflict, InvalidInput
from annotation.projects.models import CONVENTIONS, Membership, Project, Role, Target
from annotation.projects.protocol import Protocol, ProtocolError, get_protocol
from annotation.projects.protocol.catalogue import TARGET_DEFAULTS


def protocol_resolve(*, name: str, target: str = Target.LUNG, overrides: dict[str, Any] | None = None) -> Protocol:
    """The protocol of that name with parameters changed: ``{"training": {...}, "II": {"batch_size": 40}}``.

    Overrides are JSON types. ``TARGET_DEFAULTS`` hold unless an override says otherwise.
    Raises ProtocolError that names the parameter.
    """
    data = get_protocol(name).to_json()
    data |= TARGET_DEFAULTS.get(target, {})
    stages = {stage["name"]: stage for stage in data["stages"]}
    for part, values in (overrides or {}).items():
        if part == "postprocess":
            data["postprocess"] = values
            continue
        if part != "training" and part not in stages:
            get_protocol(name, **{part: values})  # raises, and lists the valid parts
        if not isinstance(values, dict):
            raise ProtocolError(
                f"{part} must be an object of parameters", field=part, value=values, remedy='write {"parameter": value}'
            )
        (data["training"] if part == "training" else stages[part]).update(values)
    return Protocol.from_json(data)


RESERVED_SLUGS = frozenset(
    {"new", "p", "api", "admin", "health", "metrics", "static", "work", "sign-in", "projects", "protocols", "targets"}
    | {"me", "account", "password"}
)
"""Words that stand in addresses of this house: a project of that name would read like a page of its own."""


def slug_check(slug: str) -> None:
    """Raises InvalidInput where a short name would be mistaken for something else, Conflict where it is taken."""
    if slug.lower() in RESERVED_SLUGS:
        raise InvalidInput(
            f"{slug!r} is a word of this house's own addresses", field="slug", value=slug,
            remedy=f"choose another short name, such as chest-{slug.lower()}",
        )  # fmt: skip
    if not slug[:1].isalnum():
        raise InvalidInput(
            f"the short name {slug!r} begins with {slug[:1]!r}", field="slug", value=slug,
            remedy="begin with a letter or a digit: commands would take it for an option",
        )  # fmt: skip
    if Project.objects.filter(slug=slug).exists():
        raise _taken(slug)


def _taken(slug: str) -> Conflict:
    return Conflict(f"a project {slug!r} exists", field="slug", value=slug, remedy="choose another short name")


def convention_check(target: str, convention: str) -> None:
    """Raises InvalidInput where the target is not drawn by that convention."""
    if target not in CONVENTIONS:
        raise InvalidInput(
            f"target is {target!r}", field="target", value=target, remedy=f"use one of {', '.join(CONVENTIONS)}"
        )
    if convention not in CONVENTIONS[target]:
        valid = ", ".join(sorted(CONVENTIONS[target]))
        raise InvalidInput(
            f"convention {convention!r} does not fit target {target}",
            field="convention", value=convention, remedy=f"use one of {valid}",
        )  # fmt: skip


@transaction.atomic
def project_create(
    *,
    slug: str,
    name: str,
    target: str,
    convention: str,
    protocol: Protocol | dict[str, Any],
    random_seed: int = 1,
    actor: User | None,
) -> Project:
    """A new project in state ``setup``; its creator becomes its admin.

    The protocol's JSON is copied, so a later change of the catalogue never changes a running project. Who may create
    projects is ``accounts.permissions.can_create_projects``; commands act without a person. Raises InvalidInput
    that names the field, or Conflict where the slug is taken.
    """
    slug_check(slug)
    convention_check(target, convention)
    if isinstance(protocol, dict):
        protocol = Protocol.from_json(protocol)
    project = Project(
        slug=slug,
        name=name or slug,
        target=target,
        convention=convention,
        protocol=protocol.to_json(),
        random_seed=random_seed,
        created_by=actor,
    )
    try:
        project.full_clean(exclude={"created_by"}, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(
            " ".join(messages), field=field, value=getattr(project, field, None), remedy=f"choose another {field}"
        ) from error
    try:
        with transaction.atomic():
            project.save(force_insert=True)
    except IntegrityError as error:
        raise _taken(slug) from error
    if actor is not None:
        Membership.objects.create(project=project, user=actor, role=Role.ADMIN)
    audit_record(
        "project.create", project, actor=actor, project_id=project.pk,
        target=target, convention=convention, protocol=protocol.name, random_seed=random_seed,
    )  # fmt: skip
    return project
