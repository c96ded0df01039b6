"""Checks of a training request before any film is read."""

from __future__ import annotations

from collections import Counter

from mlbackend.config import check_training
from mlbackend.contracts import ContractError, Split, TrainRequest
from mlbackend.models.encoders import check_start
from mlbackend.models.registry import check_network


def check_request(request: TrainRequest) -> None:
    """Raise ContractError or ConfigError, naming what is wrong, unless the request can be trained on.

    No patient may be in training and in another split: a network would be selected on people it has learned by heart.
    """
    check_network(request.network)
    check_start(request.network)
    check_training(request.settings)
    ids = Counter(sample.sample_id for sample in request.samples)
    twice = [sample_id for sample_id, count in ids.items() if count > 1]
    if twice:
        raise ContractError(f"samples: {twice[0]!r} is listed {ids[twice[0]]} times; list each film once")
    by_split = {split: [s for s in request.samples if s.split == split] for split in Split}
    for split, samples in by_split.items():
        if not samples and split != Split.GROWN and not (split == Split.TRAIN and request.settings.epochs == 0):
            raise ContractError(f"samples: none has split {split.value!r}; give at least one film of it")
    trained = {s.patient for s in by_split[Split.TRAIN]}
    for split in (Split.VALIDATION, Split.GROWN):
        both = trained & {s.patient for s in by_split[split]}
        if both:
            raise ContractError(
                f"samples: patient {min(both)!r} is in both splits, train and {split.value}; keep a patient in one"
            )
