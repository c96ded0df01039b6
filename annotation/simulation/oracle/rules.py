"""What a simulated person says of a mask: stated rules on its DSC with the truth, and nothing else."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

UNSURE_RULES = ("margin", "below", "none")
EXCLUDE_RULES = ("snr", "none")


@dataclass(frozen=True)
class Rules:
    """Thresholds on DSC at film resolution, 0..1."""

    accept_dsc: float = 0.93
    correct_dsc: float = 0.97
    verify_dsc: float = 0.93
    unsure_rule: str = "margin"
    """``margin``: unsure just below the accept threshold; ``below``: unsure of hopeless masks; ``none``."""
    unsure_margin: float = 0.01
    unsure_below: float = 0.6
    noise: float = 0.0
    """Standard deviation of what a person misjudges the DSC by."""

    def describe(self) -> list[str]:
        """One sentence a rule, for the report."""
        unsure = {
            "margin": f"is unsure where the DSC lies less than {self.unsure_margin:g} below that: an MD advises, an "
            "annotator corrects",
            "below": f"is unsure where the DSC lies below {self.unsure_below:g}: an MD advises, an annotator corrects",
            "none": "is never unsure",
        }[self.unsure_rule]
        return [
            f"An annotator accepts a proposal at a DSC of {self.accept_dsc:g} or more, else rejects it.",
            f"A correction ends at a DSC of {self.correct_dsc:g} with the truth, never at the truth itself.",
            f"An annotator {unsure}.",
            f"Of several candidates the one with the highest DSC is picked where it reaches {self.accept_dsc:g}; else "
            "all are denied.",
            f"An MD confirms a final mask at a DSC of {self.verify_dsc:g} or more, else corrects it.",
            f"Everybody misjudges the DSC by a normal error of standard deviation {self.noise:g}."
            if self.noise
            else "Nobody misjudges a DSC: there is no noise.",
        ]


@dataclass(frozen=True)
class Judge:
    """Applies the rules; ``seed`` makes what is random the same in every run."""

    rules: Rules
    seed: int

    def perceived(self, dsc: float, *what: str) -> float:
        """The DSC as this person sees it this time; ``what`` names person, task and mask."""
        if not self.rules.noise:
            return dsc
        return dsc + self.rules.noise * float(np.random.default_rng(self.number(*what)).standard_normal())

    def number(self, *what: str) -> int:
        """A number that depends on the run's seed and the given names alone."""
        return zlib.crc32(":".join((str(self.seed), *what)).encode())

    def verdict(self, dsc: float) -> str:
        """``accept``, ``unsure`` or ``reject`` for a perceived DSC."""
        rules = self.rules
        if dsc >= rules.accept_dsc:
            return "accept"
        if rules.unsure_rule == "margin" and dsc >= rules.accept_dsc - rules.unsure_margin:
            return "unsure"
        if rules.unsure_rule == "below" and dsc < rules.unsure_below:
            return "unsure"
        return "reject"

    def pick(self, dscs: Sequence[float]) -> int | None:
        """Index of the best candidate by perceived DSC, None where all are denied."""
        best = int(np.argmax(dscs))
        return best if dscs[best] >= self.rules.accept_dsc else None

    def confirms(self, dsc: float) -> bool:
        """Whether an MD lets the final mask pass."""
        return dsc >= self.rules.verify_dsc
