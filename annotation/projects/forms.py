"""What people fill in to set a project up, read as a whole: all that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from annotation.common.errors import DomainError
from annotation.common.exceptions import invalid_inputs
from annotation.projects.protocol import Protocol
from annotation.projects.serializers import ProjectCreateSerializer
from annotation.projects.services import convention_check, protocol_resolve, slug_check


def project_read(sent: Any) -> tuple[dict[str, Any], Protocol]:
    """The checked fields of a new project and its protocol.

    Raises one DomainError that carries what is wrong with every field, the protocol's parameters among them.
    """
    form = ProjectCreateSerializer(data=sent)
    wrong: list[DomainError] = [] if form.is_valid() else list(invalid_inputs(form.errors, sent))
    # A field that is wrong by itself is not looked at again: it would be told twice.
    values: dict[str, Any] = {"overrides": {}, **form.validated_data}
    if wrong and isinstance(sent, Mapping):
        fine = {name: value for name, value in sent.items() if name not in form.errors}
        kinds = {name: dict if name == "overrides" else str for name in fine}
        values |= {name: value for name, value in fine.items() if isinstance(value, kinds[name])}
    found: list[Protocol] = []

    def look(check: Callable[..., Any], *names: str) -> None:
        if set(names) <= set(values):
            try:
                check(*(values[name] for name in names))
            except DomainError as error:
                wrong.append(error)

    look(slug_check, "slug")
    look(convention_check, "target", "convention")
    look(
        lambda name, target, overrides: found.append(protocol_resolve(name=name, target=target, overrides=overrides)),
        "protocol", "target", "overrides",
    )  # fmt: skip
    if wrong:
        raise DomainError.of(wrong)
    checked = dict(form.validated_data)
    del checked["protocol"], checked["overrides"]
    return checked, found[0]
