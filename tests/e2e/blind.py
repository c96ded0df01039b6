"""Six networks with styles of their own, and people who try to tell them apart by what they receive."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, binary_opening, gaussian_filter, zoom

Mask = NDArray[np.bool_]
NETWORKS = 6


def drawn_by(network: int, lungs_hw: Mask, seed: int) -> Mask:
    """The lungs as one of six networks would draw them; all miss by about as much, each in its own way."""
    rng = np.random.default_rng([seed, network])
    soft = gaussian_filter(lungs_hw.astype(float), 1.5)
    noise = rng.normal(0, 1, lungs_hw.shape)
    if network == 0:  # very smooth
        return gaussian_filter(lungs_hw.astype(float), 3) + 0.01 * noise > 0.5
    if network == 1:  # ragged
        return soft + 0.22 * noise > 0.5
    if network == 2:  # wavy
        return soft + 1.2 * gaussian_filter(noise, 3) > 0.5
    if network == 3:  # in blocks, as from a coarse grid
        coarse = zoom(soft, 1 / 4, order=1)
        return zoom(coarse, 4, order=0)[: lungs_hw.shape[0], : lungs_hw.shape[1]] > 0.5
    if network == 4:  # holes and islands
        return lungs_hw ^ (gaussian_filter(noise, 1) > 0.85)
    return binary_opening(binary_closing(lungs_hw ^ (noise > 3), iterations=2), iterations=1)  # tidied up


def one_of_six(features: NDArray[np.float64], network: NDArray[np.int_], task: NDArray[np.int_]) -> dict[str, float]:
    """Share of panes whose network is named rightly, by two ways of learning, each tested on tasks it has not seen.

    ``features`` (N, F), one row a pane; ``network`` (N,), 0..5; ``task`` (N,) groups the panes into five folds.
    """
    fold = task % 5
    right = {"nearest neighbours": 0, "logistic regression": 0}
    for held in range(5):
        learn, test = fold != held, fold == held
        mean, spread = features[learn].mean(0), features[learn].std(0)
        shown = (features - mean) / np.where(spread > 0, spread, 1.0)
        shown = np.clip(shown, -6, 6)
        for name, guess in (("nearest neighbours", _neighbours), ("logistic regression", _logistic)):
            named = guess(shown[learn], network[learn], shown[test])
            right[name] += int((named == network[test]).sum())
    return {name: count / len(network) for name, count in right.items()}


def _neighbours(
    known: NDArray[np.float64], network: NDArray[np.int_], asked: NDArray[np.float64], most: int = 15
) -> NDArray[np.int_]:
    distance = (asked**2).sum(1)[:, None] - 2 * asked @ known.T + (known**2).sum(1)[None]
    near = network[np.argpartition(distance, most, axis=1)[:, :most]]
    return np.stack([(near == n).sum(1) for n in range(NETWORKS)], axis=1).argmax(1)


def _logistic(
    known: NDArray[np.float64], network: NDArray[np.int_], asked: NDArray[np.float64], steps: int = 300
) -> NDArray[np.int_]:
    """Softmax regression with a small ridge, squares of the features beside them, by gradient descent."""
    known, asked = (np.hstack([x, x**2 - 1, np.ones((len(x), 1))]) for x in (known, asked))
    wanted = np.eye(NETWORKS)[network]
    weights = np.zeros((known.shape[1], NETWORKS))
    rate = 4.0 / max(1.0, np.linalg.norm(known, 2) ** 2 / len(known))
    for _ in range(steps):
        score = known @ weights
        share = np.exp(score - score.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        weights -= rate * (known.T @ (share - wanted) / len(known) + 1e-3 * weights)
    return (asked @ weights).argmax(1)
