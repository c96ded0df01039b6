"""Networks by name, and how each of them is trained."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated

from annotation.projects.protocol.rules import Choice, Gathered, Number, Switch, check, check_rules, whole
from mlbackend.contracts import ARCHITECTURES, AUGMENTATIONS, ENCODERS, LOSSES, PRECISIONS, SCHEDULES


@dataclass(frozen=True)
class Network:
    """A network by the names of the ML registry."""

    architecture: str
    encoder: str

    def __post_init__(self) -> None:
        # Protocols are read at most requests, and looking for near names takes milliseconds.
        if self.architecture in ARCHITECTURES and self.encoder in ENCODERS:
            return
        known = ", ".join(ARCHITECTURES)
        near = get_close_matches(str(self.encoder), ENCODERS, n=3) or ENCODERS
        with Gathered() as wrong:
            with wrong.here():
                check(self.architecture in ARCHITECTURES, "architecture", self.architecture, f"one of {known}")
            with wrong.here():
                check(self.encoder in ENCODERS, "encoder", self.encoder, f"one of {', '.join(near)}")

    @property
    def name(self) -> str:
        """``unet-resnet18``."""
        return f"{self.architecture}-{self.encoder}"


def _one_of(names: tuple[str, ...]) -> Choice:
    return Choice(f"one of {', '.join(names)}", choices=names)


@dataclass(frozen=True)
class Training:
    """How every network of this project is trained, whatever the stage."""

    image_size: Annotated[
        int, whole(32, "a multiple of 32 from 32 to 2048", maximum=2048, multiple_of=32)
    ] = 256  # fmt: skip
    """Side in pixels to which films are brought for a network. More shows finer edges; time and memory grow with its
    square."""
    batch_size: Annotated[int, whole(1, "1 to 1024", maximum=1024)] = 4
    """Films that the network sees before each step of learning. More needs more memory on the GPU."""
    epochs: Annotated[int, whole(0, "0 to 10000", maximum=10_000)] = 40
    """How often the network sees every film at most; 0 keeps the initial weights."""
    learning_rate: Annotated[
        float, Number("a number above 0, at most 1", minimum=0, maximum=1, open_minimum=True)
    ] = 1e-4  # fmt: skip
    """Length of a step of learning. Networks that start without pretrained weights learn better with about 0.001."""
    schedule: Annotated[str, _one_of(SCHEDULES)] = "plateau"
    """How the learning rate falls: ``plateau`` divides it when the validation loss gets no better, ``onecycle`` raises
    and lowers it once, ``constant`` leaves it."""
    early_stopping: Annotated[int, whole(0, "0 (never) to 10000", maximum=10_000)] = 8
    """Training ends after so many epochs without a better validation loss; 0 never stops early."""
    loss: Annotated[str, _one_of(LOSSES)] = "cross_entropy"
    """What the network is punished for: each wrong pixel, or with Dice also a poor overlap, which helps where the
    target is small."""
    augmentation: Annotated[str, _one_of(AUGMENTATIONS)] = "none"
    """Whether films are varied while the network learns: ``light`` shifts, scales, turns and exposes them a little,
    ``shift_rotate`` shifts them by up to a tenth and turns them by up to ten degrees."""
    precision: Annotated[str, _one_of(PRECISIONS)] = "auto"
    """Number format of the computation: ``auto`` takes the fast bf16 where the processor has it, ``fp32`` is exact
    and slow."""
    encoder_weights: Annotated[
        str, Choice("none, imagenet or file:PATH", choices=("none", "imagenet"), prefix="file:")
    ] = "imagenet"  # fmt: skip
    """What the encoder knows at the start: ``imagenet``, which the GPU worker downloads once and so must reach the
    internet; ``none``; or a file on the worker as ``file:PATH``. The encoder chexnet takes the file that the worker's
    ``CHEXNET_WEIGHTS`` names in place of ``imagenet``."""
    encoder_frozen: Annotated[bool, Switch("true or false")] = False
    """Whether the encoder stays as its weights are and only the decoder learns: quicker, and steadier on few films.
    It needs weights that know something, so not ``none``."""
    balance: Annotated[float, Number("0, or a number from 1 to 100", minimum=0, maximum=100)] = 0.0
    """Shows films of the rarer kind, with or without the target, several times an epoch until both kinds count as many,
    but none more often than this on average; what is shown again is varied by the augmentation. 0 shows each once."""
    threads: Annotated[int, whole(0, "0 (the default) to 256", maximum=256)] = 0
    """Processor threads that a training may use; 0 leaves the choice to the worker."""

    def __post_init__(self) -> None:
        check_rules(self, "training.")
        with Gathered() as wrong:
            with wrong.here():
                check(
                    not (self.encoder_frozen and self.encoder_weights == "none"), "training.encoder_frozen", True,
                    "false where encoder_weights is none: a frozen encoder of random weights learns nothing",
                )  # fmt: skip
            with wrong.here():
                check(not 0 < self.balance < 1, "training.balance", self.balance, "0, or a number from 1 to 100")
            with wrong.here():
                check(
                    not self.balance or self.augmentation != "none", "training.augmentation", self.augmentation,
                    "light or shift_rotate where balance shows films again: copies that do not differ teach nothing",
                )  # fmt: skip
