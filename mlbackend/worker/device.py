"""Which processor this worker uses, decided before torch is imported."""

from __future__ import annotations

import os

from mlbackend.environment import SETTINGS, parse, read


def apply_device_choice(choice: str | None = None) -> None:
    """Hide from torch what GROUNDWORK_DEVICE does not name: ``auto`` (a GPU where there is one), ``cpu``, ``cuda:N``.

    Raises ValueError with the valid values. Must run before torch is imported in this process.
    """
    value = read("GROUNDWORK_DEVICE") if choice is None else parse(SETTINGS["GROUNDWORK_DEVICE"], choice)
    if value == "auto":
        return
    if value == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        return
    os.environ["CUDA_VISIBLE_DEVICES"] = value.removeprefix("cuda:")
