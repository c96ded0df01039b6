"""``python -m annotation.jobs.runtime.child PARENT COMMAND ...``: become the command, but end with the parent."""

from __future__ import annotations

import os
import signal
import sys

from mlbackend.processes import die_with_parent

if __name__ == "__main__":
    # SIGTERM, not SIGKILL: the command stops its own children first. The setting outlives exec.
    die_with_parent(int(sys.argv[1]), signal.SIGTERM)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the caller's own command
