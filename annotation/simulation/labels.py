"""The label history of a simulated dataset, drawn by workers of the run's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from annotation.common.errors import DomainError
from annotation.exports.models import DatasetVersion
from annotation.exports.selectors import DRAWING, FAILED, label_state
from annotation.exports.services import labels_start
from annotation.jobs.runtime import Processes
from annotation.simulation.folder import RunFolder

Write = Callable[[str], Any]
DrawLabels = Callable[[DatasetVersion, RunFolder, Write], None]
POLL_SECONDS = 1.0


class LabelsFailedError(DomainError):
    """The candidates of the label history could not be drawn."""

    status = 500
    code = "labels_failed"


def draw_labels(version: DatasetVersion, folder: RunFolder, write: Write) -> None:
    """Have the first network draw the films that it has not drawn yet, and wait for it; ready at once where it has all.

    Raises LabelsFailedError with the job's words; the same command tries it again.
    """
    labels_start(version=version, actor=None)
    if label_state(version)["state"] != DRAWING:
        return
    write("drawing the candidates of the label history")
    with Processes(log_dir=folder.log, web=False) as processes:
        while (stands := label_state(version))["state"] == DRAWING:
            processes.check()
            time.sleep(POLL_SECONDS)
    if stands["state"] == FAILED:
        raise LabelsFailedError(
            f"the label history failed: {stands['error']}", field="--label-history", value=version.number,
            remedy=f"see the logs in {folder.log}; the same command tries it again",
        )  # fmt: skip
