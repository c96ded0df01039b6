"""What is said of an environment variable, and how its text becomes a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlbackend.environment.kinds import Kind, Unfit


class SettingError(ValueError):
    """An environment variable that cannot be used; names it, its value where that is no secret, and the remedy."""


@dataclass(frozen=True)
class Setting:
    """One environment variable. ``default`` is the text that stands for an empty or absent one, None for nothing."""

    name: str
    kind: Kind
    default: str | None
    meaning: str
    secret: bool = False
    """Its value is never repeated in an error or a log."""
    production: bool = False
    """The production settings refuse to start without it."""
    in_production: str | None = None
    """The default with the production settings, where that is another."""
    instead: str = ""
    """What the page says in place of the default, where that is not a text."""


def parse(setting: Setting, text: str | None) -> Any:
    """The value of a text; that of the default where the text is empty, None where there is no default either.

    Raises SettingError.
    """
    given = (text or "").strip()
    if not given:
        return None if setting.default is None else setting.kind.parse(setting.default)
    try:
        return setting.kind.parse(given)
    except Unfit as error:
        shown = "(secret)" if setting.secret else repr(given)
        raise SettingError(f"{setting.name}={shown} is not valid; {error} (see docs/settings.md)") from None
