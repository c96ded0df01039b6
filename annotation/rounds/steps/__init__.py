"""The kinds of steps by name. The engine knows these names and nothing of papers."""

from annotation.rounds.steps.base import Context, Poll, StepFailed, StepKind
from annotation.rounds.steps.films import Choose, Draw, TakeFilms
from annotation.rounds.steps.predict import Predict
from annotation.rounds.steps.review import Estimate, Offer, Review
from annotation.rounds.steps.train import Elect, Train

STEPS: dict[str, StepKind] = {
    "train": Train(),
    "elect": Elect(),
    "choose": Choose(),
    "take": TakeFilms(),
    "predict": Predict(),
    "offer": Offer(),
    "review": Review(),
    "draw": Draw(),
    "estimate": Estimate(),
}

__all__ = ["STEPS", "Context", "Poll", "StepFailed", "StepKind"]
