"""Rules by which a film is proposed for removal before it enters the pool (tahir2021 section 2.1), with their figures.

The paper took PA and AP films alone and removed the extremely poor and the over-exposed. A rule only proposes: a person
decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from annotation.images.generated import FRONTAL
from annotation.images.quality import (
    CLIPPED_LIMIT,
    EXPOSURE_RANGE,
    HIGH_CONTRAST,
    HIGH_SHARPNESS,
    HIGH_SNR_DB,
    LOW_CONTRAST,
    LOW_SHARPNESS,
    LOW_SNR_DB,
)


@dataclass(frozen=True)
class Rule:
    """A reason to take a film out; ``text`` says when it holds."""

    code: str
    label: str
    text: str


RULES = (
    Rule("view", "not a frontal view", f"the view is stated and is neither {' nor '.join(FRONTAL)}"),
    Rule("dark", "too dark (over-exposed)", f"the median grey lies under {EXPOSURE_RANGE[0]:g} of 0 to 1"),
    Rule("light", "too light (under-exposed)", f"the median grey lies over {EXPOSURE_RANGE[1]:g} of 0 to 1"),
    Rule("clipped", "burnt out", f"more than {CLIPPED_LIMIT:.0%} of the pixels are plain black or white"),
    Rule("contrast", "low contrast", f"the greys between 5 % and 95 % span less than {LOW_CONTRAST:g} of 0 to 1"),
    Rule("noise", "noisy", f"the signal-to-noise ratio lies under {LOW_SNR_DB:g} dB"),
    Rule("blur", "blurred", f"the sharpness lies under {LOW_SHARPNESS:g}"),
)


def suggestions(view: str, quality: dict[str, float]) -> list[dict[str, Any]]:
    """The rules that hold for a film, each with the figure that led to it. A figure not taken suggests nothing."""
    found: list[tuple[str, str]] = []
    if view and not view.upper().startswith(FRONTAL):
        found.append(("view", f"view {view}"))
    if (grey := quality.get("exposure")) is not None:
        if grey < EXPOSURE_RANGE[0]:
            found.append(("dark", f"median grey {grey:.2f}"))
        if grey > EXPOSURE_RANGE[1]:
            found.append(("light", f"median grey {grey:.2f}"))
    if quality.get("clipped", 0.0) > CLIPPED_LIMIT:
        found.append(("clipped", f"{quality['clipped']:.0%} black or white"))
    if quality.get("contrast", 1.0) < LOW_CONTRAST:
        found.append(("contrast", f"contrast {quality['contrast']:.2f}"))
    if quality.get("snr_db", 99.0) < LOW_SNR_DB:
        found.append(("noise", f"{quality['snr_db']:.0f} dB"))
    if quality.get("sharpness", 1.0) < LOW_SHARPNESS:
        found.append(("blur", f"sharpness {quality['sharpness']:.4f}"))
    labels = {rule.code: rule.label for rule in RULES}
    return [{"code": code, "label": labels[code], "figure": figure} for code, figure in found]


def worst_figure(quality: dict[str, float]) -> float:
    """0 (worst) to 1: the film's weakest figure as a share of what a high tier asks for; 1 where none was taken."""
    if not quality:
        return 1.0
    low, high = EXPOSURE_RANGE
    grey = quality.get("exposure", 0.5)
    shares = (
        quality.get("contrast", 1.0) / HIGH_CONTRAST,
        quality.get("snr_db", HIGH_SNR_DB) / HIGH_SNR_DB,
        quality.get("sharpness", 1.0) / HIGH_SHARPNESS,
        grey / low if grey < low else (1 - grey) / (1 - high),
        1 - quality.get("clipped", 0.0),
    )
    return max(0.0, min(1.0, *shares))
