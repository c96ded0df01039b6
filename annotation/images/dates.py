"""When a film was taken, where its file or its manifest says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

KEYS = ("study_date", "acquisition_date", "exam_date", "taken_on", "date")
"""Names of metadata that tell the day, the surest first; case, spaces and hyphens do not matter."""
_DAY = re.compile(r"(\d{4})([-/.]?)(\d{2})\2(\d{2})(?!\d)")


def taken_on(metadata: Mapping[str, Any]) -> date | None:
    """The film's day: year first, ``2020-05-31`` or ``20200531``, a time after it does no harm.

    None where nothing tells it, or where what does is no date: ``03/04/2020`` may be two days, and is none.
    """
    told = {re.sub(r"[\s-]+", "_", key.strip().lower()): value for key, value in metadata.items()}
    for key in KEYS:
        found = _DAY.match(str(told.get(key, "")).strip())
        if found is None:
            continue
        try:
            return date(int(found[1]), int(found[3]), int(found[4]))
        except ValueError:
            continue
    return None
