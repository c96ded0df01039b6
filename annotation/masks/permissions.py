"""Who may see masks. What draws or picks blind must not see more than its task shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from annotation.accounts.models import User
from annotation.masks.models import Mask
from annotation.projects.models import Role
from annotation.projects.permissions import roles_of

Viewer = Callable[[User, Mask], bool]
Blinder = Callable[[User, Mask], bool]


@dataclass(frozen=True)
class Shown:
    """A mask as somebody is shown it: through ``at`` x ``at`` pixels (``display.resampled``), or as it is."""

    mask: Mask
    at: int | None = None


Alias = Callable[[User, UUID], Shown | None]
_viewers: list[Viewer] = []
_blinders: list[Blinder] = []
_aliases: list[Alias] = []


def register_viewer(rule: Viewer) -> Viewer:
    """Let an app that knows more than this one say when a reviewer may see a mask; called once, at start-up."""
    if rule not in _viewers:
        _viewers.append(rule)
    return rule


def register_blinder(rule: Blinder) -> Blinder:
    """Let an app say from whom a mask's lineage is hidden for now; called once, at start-up."""
    if rule not in _blinders:
        _blinders.append(rule)
    return rule


def register_mask_alias(rule: Alias) -> Alias:
    """Let an app show a mask to a person under another id than its own; called once, at start-up."""
    if rule not in _aliases:
        _aliases.append(rule)
    return rule


def mask_by_alias(user: User, alias: UUID) -> Shown | None:
    """What the user is shown under this id, the mask's project loaded; None where there is nothing."""
    return next((shown for rule in _aliases if (shown := rule(user, alias)) is not None), None)


def is_blind(user: User, mask: Mask) -> bool:
    """True while the user may still have to judge this mask's film: its lineage would tell which network drew what."""
    return any(rule(user, mask) for rule in _blinders)


def can_see_mask(user: User, mask: Mask) -> bool:
    """Researchers and admins see any mask of their project; reviewers those that a registered rule grants."""
    roles = roles_of(user, mask.project)
    if roles & {Role.RESEARCHER, Role.ADMIN}:
        return True
    return bool(roles) and any(rule(user, mask) for rule in _viewers)
