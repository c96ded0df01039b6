"""What one person sent and was answered, line by line, written before it is sent and after it was answered."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """One JSON object a line, ``at`` in seconds of the clock that all of the machine's processes share.

    ============  ==================================================================================================
    ``what``      with
    ============  ==================================================================================================
    ``person``    ``username``: whose journal it is; the first line
    ``holds``     ``task``, ``kind``, ``until`` (seconds), ``sure``: nobody else may have it before then
    ``left``      ``task``: given back, lost, or known to be somebody else's
    ``sends``     ``key``, ``task``, ``act`` (``undo`` among them), ``said``, ``seconds`` of work
    ``answered``  ``key``, ``status``, ``code``, and of a receipt ``id``, ``counts``, ``repeated``, ``state``
    ``lost``      ``key``: no answer came
    ============  ==================================================================================================
    """

    def __init__(self, path: Path, username: str) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self.write("person", username=username)

    def write(self, what: str, **detail: Any) -> None:
        """One line, in the system's hands when this returns."""
        self._file.write(json.dumps({"at": time.time(), "what": what, **detail}) + "\n")

    def close(self) -> None:
        """No more lines come."""
        self._file.close()


def journals(folder: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """All journals of a folder as (username, lines), in order of their names; a last half line is left out."""
    for path in sorted(folder.glob("*.jsonl")):
        lines = []
        for text in path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(text))
            except ValueError:
                break
        if lines:
            yield lines[0]["username"], lines
