"""Training: the request and its result."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mlbackend.contracts.message import Message, Outcome, Split

ARCHITECTURES = ("unet", "unetplusplus", "fpn", "dla")
SCHEDULES = ("plateau", "onecycle", "constant")
LOSSES = ("cross_entropy", "cross_entropy_dice", "focal_dice")
AUGMENTATIONS = ("none", "light", "shift_rotate")
PRECISIONS = ("auto", "bf16", "fp32")


class Trouble(StrEnum):
    """What a failed training failed of, where other settings may help."""

    NONE = ""
    MEMORY = "memory"
    NOT_FINITE = "not_finite"


@dataclass(frozen=True)
class NetworkSpec(Message):
    """Which network: names of the registry in ``mlbackend.models``."""

    architecture: str = "unet"
    encoder: str = "resnet18"
    encoder_weights: str = "none"
    """``none``, ``imagenet`` (the library's own download) or ``file:PATH`` of a local state dict. CheXNet's are those
    of ChestX-ray14, from the file that ``CHEXNET_WEIGHTS`` names, where ``imagenet`` is asked for."""
    classes: int = 2
    """Output channels; 2 with softmax (tahir2021 section 3), 1 with sigmoid (degerli2021 equations 1 and 2)."""
    encoder_frozen: bool = False
    """Whether the encoder stays as it is: none of its parameters learns, none of its running statistics moves
    (degerli2021 section II-C)."""

    @property
    def name(self) -> str:
        """Short name as people say it: ``unet-resnet18``, ``unet-resnet18-frozen``."""
        return f"{self.architecture}-{self.encoder}{'-frozen' if self.encoder_frozen else ''}"


@dataclass(frozen=True)
class TrainingSettings(Message):
    """Settings of one training; defaults are those of tahir2021 section 3 (see ``papers``)."""

    image_size: int = 256
    batch_size: int = 4
    epochs: int = 40
    learning_rate: float = 1e-4
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0
    schedule: str = "plateau"
    """``plateau`` (the paper: divide by ``lr_factor`` after ``lr_patience`` epochs without better validation loss),
    ``onecycle`` or ``constant``."""
    lr_patience: int = 3
    lr_factor: float = 5.0
    early_stopping: int = 8
    """Stop after so many epochs without better validation loss; 0 never stops early."""
    loss: str = "cross_entropy"
    augmentation: str = "none"
    """``none`` (tahir2021), ``light`` (shift, scale, rotation, exposure) or ``shift_rotate`` (shift by 10 % and
    rotation by 10 degrees at most, degerli2021 section III-B)."""
    balance: float = 0.0
    """Above 0, films of the rarer class, with or without foreground, are shown several times an epoch until both
    classes count as many or each film is shown so many times, on average. Each film is then shown once as it is, and
    ``augmentation`` changes only what is shown in addition (degerli2021 tables II and V); 0 shows each film once."""
    precision: str = "auto"
    """``auto`` (bf16 where the processor has it), ``bf16`` or ``fp32``."""
    seed: int = 1
    threads: int = 0
    """CPU threads; 0 leaves the default."""
    micro_batch: int = 0
    """Where memory does not hold a batch: films at a time, gradients added up. Batch normalisation then averages over
    these only. 0 takes the batch as a whole."""


@dataclass(frozen=True)
class TrainSample(Message):
    """One film with its mask, by storage key. Both are PNG; the mask is 0/255 at the film's own resolution.

    An empty ``mask_key`` is a mask without foreground.
    """

    sample_id: str
    image_key: str
    mask_key: str
    patient: str
    """Pseudonym of the split group: near duplicates and one person's films share it."""
    split: Split = Split.TRAIN
    region_key: str = ""
    """Mask outside which the network sees black (tahir2021's cascaded scheme); empty where it sees the whole film."""


@dataclass(frozen=True)
class TrainRequest(Message):
    """Train one network on the given samples. ``settings.epochs`` 0 saves the initial weights."""

    job_id: str
    attempt: int
    network: NetworkSpec
    settings: TrainingSettings
    samples: list[TrainSample]
    target: str = "lung"
    convention: str = ""
    kind: str = "train"


@dataclass(frozen=True)
class EpochMetrics(Message):
    """One epoch, as the model card and the progress curve show it. Scores are at the working size."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_dsc: float
    validation_iou: float
    learning_rate: float
    images_per_second: float
    seconds: float


@dataclass(frozen=True)
class TrainResult(Message):
    """How a training attempt ended, and where the weights are."""

    job_id: str
    attempt: int
    outcome: Outcome
    error: str = ""
    reason: Trouble = Trouble.NONE
    weights_key: str = ""
    weights_sha256: str = ""
    card_key: str = ""
    data_hash: str = ""
    best_epoch: int = 0
    validation_dsc: float = 0.0
    """DSC on the validation samples at the working size, TP/FP/FN accumulated over all of them; best epoch."""
    grown_validation_dsc: float | None = None
    """The same on the grown validation samples, which select nothing; None where there are none."""
    epochs: list[EpochMetrics] = field(default_factory=list)
    trained_patients: list[str] = field(default_factory=list)
    selected_patients: list[str] = field(default_factory=list)
    parameters: int = 0
    resumed_from_epoch: int = 0
    device: str = ""
    precision: str = ""
    seconds: float = 0.0
