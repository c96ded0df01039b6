"""The kinds of steps by name. The engine knows these names and nothing of papers."""

from annotation.rounds.steps.base import Context, Poll, StepFailed, StepKind
from annotation.rounds.steps.films import Choose, Draw, TakeAgain, TakeFilms
from annotation.rounds.steps.folds import TrainFolds
from annotation.rounds.steps.offer import Offer
from annotation.rounds.steps.predict import Predict
from annotation.rounds.steps.review import Estimate, Review
from annotation.rounds.steps.train import Elect, Train

STEPS: dict[str, StepKind] = {
    "train": Train(),
    "train_folds": TrainFolds(),
    "elect": Elect(),
    "choose": Choose(),
    "take": TakeFilms(),
    "again": TakeAgain(),
    "predict": Predict(),
    "offer": Offer(),
    "review": Review(),
    "draw": Draw(),
    "estimate": Estimate(),
}

__all__ = ["STEPS", "Context", "Poll", "StepFailed", "StepKind"]
