"""Film in, finding out: lungs, infection inside them, shares, positive or not (tahir2021 section 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlbackend.config import require_one_of
from mlbackend.contracts import SCHEMES
from mlbackend.data.resize import enlarge_probability, shrink_image, shrink_mask
from mlbackend.prediction.engine import Engine
from mlbackend.prediction.postprocess import binarise, postprocess_lung
from mlbackend.prediction.quantify import InfectedShare, cut_to_lungs, infected_share

PARALLEL, CASCADED = SCHEMES
THRESHOLD = 0.5
_BATCH = 8

Gray = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Finding:
    """One film; masks have its resolution, (H, W) bool."""

    lungs: Mask
    infection: Mask | None
    """Inside the lungs; None where no infection network was given."""
    share: InfectedShare | None
    score: float | None
    """Greatest probability of infection inside the lungs, 0..1."""

    @property
    def positive(self) -> bool | None:
        """Whether any pixel inside the lungs is infected (section 3.3); None without an infection network."""
        return None if self.infection is None else bool(self.infection.any())


@dataclass(frozen=True)
class Pipeline:
    """A lung network and an infection network.

    ``parallel``: both see the film. ``cascaded``: the infection network sees the lungs only, the rest is black; it must
    have been trained so.
    """

    lungs: Engine
    infection: Engine | None = None
    scheme: str = PARALLEL
    threshold: float = THRESHOLD

    def __post_init__(self) -> None:
        require_one_of("scheme", self.scheme, SCHEMES)

    def findings(self, films: Sequence[Gray]) -> Iterator[Finding]:
        """One finding a film, in order; each film (H, W) uint8."""
        for start in range(0, len(films), _BATCH):
            part = films[start : start + _BATCH]
            yield from self._of(part)

    def _of(self, films: Sequence[Gray]) -> Iterator[Finding]:
        small = np.stack([shrink_image(film, self.lungs.size) for film in films])
        lungs = [
            postprocess_lung(binarise(enlarge_probability(probability, *film.shape), self.threshold))
            for film, probability in zip(films, self.lungs.probabilities(small, _BATCH), strict=True)
        ]
        if self.infection is None:
            yield from (Finding(mask, None, None, None) for mask in lungs)
            return
        seen = np.stack([self._seen(film, mask) for film, mask in zip(films, lungs, strict=True)])
        for film, mask, small_probability in zip(films, lungs, self.infection.probabilities(seen, _BATCH), strict=True):
            probability = enlarge_probability(small_probability, *film.shape)
            infection = cut_to_lungs(binarise(probability, self.threshold), mask)
            score = float(probability[mask].max()) if mask.any() else 0.0
            yield Finding(mask, infection, infected_share(infection, mask), score)

    def _seen(self, film: Gray, lungs: Mask) -> Gray:
        assert self.infection is not None
        size = self.infection.size
        small = shrink_image(film, size)
        return small if self.scheme == PARALLEL else np.where(shrink_mask(lungs, size), small, 0).astype(np.uint8)
