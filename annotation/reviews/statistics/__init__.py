"""Agreement and evenness, as pure functions on what people said: no database, no project."""

from annotation.reviews.statistics.cohen import cohen_kappa, pooled_kappa
from annotation.reviews.statistics.fleiss import fleiss_kappa
from annotation.reviews.statistics.positions import even_picks, rank_chances
from annotation.reviews.statistics.repeats import Repeated, repeated_choices

__all__ = [
    "Repeated",
    "cohen_kappa",
    "even_picks",
    "fleiss_kappa",
    "pooled_kappa",
    "rank_chances",
    "repeated_choices",
]
