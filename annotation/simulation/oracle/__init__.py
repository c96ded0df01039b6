"""A reviewer who knows the truth: where it lies, what he says of a mask by stated rules, and how he corrects one."""

from annotation.simulation.oracle.repair import draw, repair
from annotation.simulation.oracle.rules import Judge, Rules
from annotation.simulation.oracle.truth import Truth, TruthError

__all__ = ["Judge", "Rules", "Truth", "TruthError", "draw", "repair"]
