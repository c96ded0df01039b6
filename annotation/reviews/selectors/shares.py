"""A share as all figures give it."""

from __future__ import annotations

from typing import Any

from mlbackend.metrics import wilson_interval


def counted_share(count: int, of: int) -> dict[str, Any]:
    """``count`` of ``of`` as ``share``, 0..1, with its 95 % Wilson interval; None where there is nothing to share."""
    if not of:
        return {"count": count, "of": of, "share": None, "low": None, "high": None}
    low, high = wilson_interval(count / of, of)
    return {"count": count, "of": of, "share": count / of, "low": low, "high": high}
