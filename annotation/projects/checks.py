"""``manage.py check``: protocols that cannot be read, before anybody meets them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register

from annotation.projects.protocol import ProtocolError, catalogue


@register("groundwork")
def check_protocols(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Each field of a protocol's page that does not fit."""
    try:
        catalogue()
    except ProtocolError as error:
        return [Error(one.message, hint=f"{one.field}: {one.remedy}", id="groundwork.E010") for one in error.each()]
    return []
