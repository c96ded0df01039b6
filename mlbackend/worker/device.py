"""Which processor this worker uses, decided before torch is imported."""

from __future__ import annotations

import os
import re


def apply_device_choice(choice: str | None = None) -> None:
    """Hide from torch what GROUNDWORK_DEVICE does not name: ``auto`` (a GPU where there is one), ``cpu``, ``cuda:N``.

    Raises ValueError with the valid values. Must run before torch is imported in this process.
    """
    value = (choice if choice is not None else os.environ.get("GROUNDWORK_DEVICE", "auto")).strip().lower() or "auto"
    if value == "auto":
        return
    if value == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        return
    match = re.fullmatch(r"cuda:(\d+)", value)
    if not match:
        raise ValueError(f"GROUNDWORK_DEVICE={value!r} is not valid; use auto, cpu or cuda:N, for example cuda:0")
    os.environ["CUDA_VISIBLE_DEVICES"] = match.group(1)
