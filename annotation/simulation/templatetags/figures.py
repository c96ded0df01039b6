"""Numbers as the report shows them; what is unknown is a dash."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()
DASH = "–"


@register.filter
def dsc(value: float | None) -> str:
    """Four digits after the point."""
    return DASH if value is None else f"{value:.4f}"


@register.filter
def percent(value: float | None) -> str:
    """A share as per cent."""
    return DASH if value is None else f"{100 * value:.1f} %"


@register.filter
def interval(value: dict[str, Any] | None) -> str:
    """A share with its interval: ``62.5 % (47.0 to 75.8)``."""
    if not value or value.get("share") is None:
        return DASH
    return f"{100 * value['share']:.1f} % ({100 * value['low']:.1f} to {100 * value['high']:.1f})"


@register.filter
def clock(value: float | None) -> str:
    """Seconds as ``1:02:03``, ``2:03`` or ``4.5 s``."""
    if value is None:
        return DASH
    if value < 60:
        return f"{value:.1f} s"
    minutes, seconds = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


@register.filter
def millions(value: int) -> str:
    """Parameters in millions."""
    return f"{value / 1e6:.2f} M"


@register.filter
def total_seconds(values: list[dict[str, Any]]) -> float:
    """Sum of ``wall_seconds``."""
    return sum(value["wall_seconds"] or 0.0 for value in values)
