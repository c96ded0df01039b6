"""What a report says, without a report that is drawn and written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlbackend.benchmark.report.document import make_document
from mlbackend.benchmark.report.entries import make_entries
from mlbackend.benchmark.report.inputs import read_inputs


def document_of(out: Path) -> dict[str, Any]:
    """What report.json of a benchmark's folder would say."""
    inputs = read_inputs(out)
    found: dict[str, Any] = json.loads(json.dumps(make_document(inputs, make_entries(inputs)), allow_nan=False))
    return found
