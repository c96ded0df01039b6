"""The kinds of stages with their parameters. The string below a field is what people read about it, everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotation.projects.protocol import rules
from annotation.projects.protocol.rules import SHARE, Choice, Number, check, check_rules, whole
from annotation.projects.protocol.training import Network
from mlbackend.contracts import ARCHITECTURES

BETWEEN = Number("a number between 0 and 1", minimum=0, maximum=1, open_minimum=True, open_maximum=True)
READERS = whole(1, "1 to 9", maximum=9)
REPEATED = Number("a share from 0 to 0.5", minimum=0, maximum=0.5)
STRATA = ("label", "source", "quality")
ANNOTATOR, PHYSICIAN = "annotator", "physician"
WHO = Choice("annotator or physician", choices=(ANNOTATOR, PHYSICIAN))


@dataclass(frozen=True)
class Stage:
    """Base of all stages; ``kind`` is what the engine dispatches on."""

    kind: ClassVar[str] = ""
    absent: ClassVar[dict[str, Any]] = {}
    """What a stored protocol means where it says nothing of a parameter that came after it: never the default, which is
    for new projects."""
    name: str = ""

    def __post_init__(self) -> None:
        check_rules(self)

    @property
    def roles(self) -> frozenset[str]:
        """Whom the stage needs."""
        return frozenset()


def validation_count(fraction: float, groups: int) -> int:
    """How many of some split groups alone select: a share, at least one, and never all."""
    return max(0, min(groups - 1, max(1, round(fraction * groups))))


@dataclass(frozen=True)
class InitialTrainingStage(Stage):
    """Stage I (tahir2021 section 2.2): variants trained on the seeds; the best one is the main network."""

    kind: ClassVar[str] = "initial_training"
    name: str = "I"
    networks: Annotated[
        tuple[Network, ...], rules.Networks("1 to 24 networks", minimum=1, architectures=ARCHITECTURES)
    ] = ()  # fmt: skip
    """The variants that are trained on the seeds; the one with the best validation DSC draws the first proposals."""
    validation_fraction: Annotated[float, BETWEEN] = 0.2
    """Share of the seeds' split groups that alone select, fixed when the project starts. A group is a patient with
    all near duplicates; nothing of it is ever trained on."""
    minimum_seeds: Annotated[int, whole(2, "2 to 100000", maximum=100_000)] = 10
    """Seed films without which the project does not start."""


@dataclass(frozen=True)
class ReviewStage(Stage):
    """Base of the stages in which people work."""

    undo_grace_seconds: Annotated[float, Number("0 to 86400 seconds, a day", minimum=0, maximum=86_400)] = 120.0
    """How long after its last act a batch stays open, in seconds, so that the act can be taken back."""

    @property
    def roles(self) -> frozenset[str]:
        """Annotators, and MDs for what they are unsure of."""
        return frozenset({ANNOTATOR, PHYSICIAN})


@dataclass(frozen=True)
class DrawingStage(ReviewStage):
    """Some films are drawn by hand from nothing, before any network is trained (degerli2021 section II-B, stage I)."""

    kind: ClassVar[str] = "drawing"
    name: str = "Ia"
    total: Annotated[int, whole(2, "2 to 100000", maximum=100_000)] = 500
    """Films that are drawn, chosen so that they cover the dataset's diversity; excluded films are replaced."""
    readers: Annotated[str, WHO] = PHYSICIAN
    """Who draws."""
    validation_fraction: Annotated[float, BETWEEN] = 0.2
    """Share of the drawn films' split groups that alone select networks, fixed before anybody draws. A group is a
    patient with all near duplicates; no network of a later stage is trained on it."""

    @property
    def roles(self) -> frozenset[str]:
        """Who draws, and MDs for what they are unsure of."""
        return frozenset({self.readers, PHYSICIAN})


@dataclass(frozen=True)
class EvaluationStage(ReviewStage):
    """Stage II: batches are predicted, judged, corrected and adjudicated; after each the main network is retrained."""

    kind: ClassVar[str] = "evaluation"
    absent: ClassVar[dict[str, Any]] = {"double_correct_fraction": 0.0}
    name: str = "II"
    batch_size: Annotated[int, whole(1, "1 to 100000", maximum=100_000)] = 500
    """Films of one batch. In smaller ones the network learns sooner from corrections, and is trained more often."""
    total: Annotated[int, whole(1, "at least batch_size, at most 1000000", maximum=1_000_000)] = 3000
    """Films to be settled in this stage; excluded films are replaced."""
    replicas: Annotated[int, READERS] = 1
    """How many people read a film that is read by more than one. Where they differ, an MD decides."""
    double_read_fraction: Annotated[float, SHARE] = 0.0
    """Share of films that get ``replicas`` readers, from which agreement is computed; the others get one."""
    double_correct_fraction: Annotated[float, SHARE] = 0.1
    """Share of the films with several readers whose correction, where all of them reject, is asked of two people who do
    not see each other's drawing. 0 asks one person, as for all other films."""
    double_correct_dsc: Annotated[float, Number("a DSC from 0 to 1", minimum=0, maximum=1)] = 0.9
    """Two such corrections less alike than this, DSC at film resolution, go to an MD, who picks one of them; else the
    one that was sent first counts. Small targets want a lower value; 0 asks no MD."""
    probe_fraction: Annotated[float, SHARE] = 0.0
    """Share of films that come a second time with a proposal broken on purpose, to see whether reviewers look. Probes
    never become truth."""
    validation_growth: Annotated[float, SHARE] = 0.0
    """Share of each batch's split groups drawn before prediction for validation, never trained on. Their scores are
    reported apart."""
    stop_accept_rate: Annotated[
        float | None,
        Number(
            "nothing, or a number between 0 and 1",
            minimum=0, maximum=1, open_minimum=True, open_maximum=True, empty=True,
        ),
    ] = None  # fmt: skip
    """End early when the lower end of the batch's accept rate interval lies above this; empty runs all batches."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self.total >= self.batch_size, "total", self.total, f"at least batch_size, which is {self.batch_size}")


@dataclass(frozen=True)
class ChoiceStage(ReviewStage):
    """Base of the stages in which one of several masks is chosen, blind."""

    networks: Annotated[
        tuple[Network, ...], rules.Networks("2 to 24 networks", minimum=2, architectures=ARCHITECTURES)
    ] = ()  # fmt: skip
    """The networks among whose masks readers choose, without knowing which drew which. More than six do not fit on
    one screen."""
    tie_dsc: Annotated[float, Number("a number above 0, at most 1", minimum=0, maximum=1, open_minimum=True)] = 0.998
    """Candidates this near to each other, DSC at film resolution, are shown as ties of one."""
    replicas: Annotated[int, READERS] = 1
    """How many people choose on a film that is read by more than one."""
    double_read_fraction: Annotated[float, SHARE] = 0.0
    """Share of films on which ``replicas`` people choose; on the others one does."""
    repeat_fraction: Annotated[float, REPEATED] = 0.02
    """Share of films that come back to the same person later in the batch, newly shuffled and not to be told from any
    other, to see whether he chooses alike. The first choice counts; 0 repeats none."""
    repeat_gap: Annotated[int, whole(1, "1 to 1000", maximum=1000)] = 20
    """How many other films that person chooses on in between, at least. A repeat that this leaves no room for is
    dropped."""

    @property
    def choosers(self) -> str:
        """The role that chooses."""
        return ANNOTATOR


@dataclass(frozen=True)
class SelectionStage(ChoiceStage):
    """Stage III: several networks predict the rest, reviewers pick the best one blind or deny all."""

    kind: ClassVar[str] = "selection"
    absent: ClassVar[dict[str, Any]] = {"repeat_fraction": 0.0}
    name: str = "III"
    include_seeds: Annotated[bool, rules.Switch("true or false")] = False
    """Whether the candidates are trained on the seeds beside stage II's masks."""


@dataclass(frozen=True)
class OutOfFoldStage(ChoiceStage):
    """The drawings of the stage before compete, blind, with networks that never saw them: by cross-validation each film
    gets masks of networks that were trained on other patients (degerli2021 section II-B, stage I). All masks pass the
    same resampling for the screen, so that a drawing cannot be told; the one that is chosen counts as it is, and where
    all are denied the film is drawn anew."""

    kind: ClassVar[str] = "out_of_fold"
    name: str = "Ib"
    folds: Annotated[int, whole(2, "2 to 20", maximum=20)] = 5
    """Parts of the drawn films, by patient; each is predicted by networks trained on the others."""
    readers: Annotated[str, WHO] = PHYSICIAN
    """Who chooses. Nobody is given a film that he drew, as long as the project has somebody else for it."""

    @property
    def choosers(self) -> str:
        """The role that chooses."""
        return self.readers

    @property
    def roles(self) -> frozenset[str]:
        """Who chooses, and MDs who decide where several choose differently."""
        return frozenset({self.readers, PHYSICIAN})


@dataclass(frozen=True)
class RepeatedSelectionStage(ChoiceStage):
    """Several networks predict all films that are left and readers pick the best mask, blind, or deny all; the networks
    learn anew from the picks and predict what was denied, until few enough are denied. The rest is drawn by hand
    (degerli2021 section II-B, stage II)."""

    kind: ClassVar[str] = "repeated_selection"
    name: str = "II"
    readers: Annotated[str, WHO] = PHYSICIAN
    """Who chooses, and draws what stays denied."""
    satisfied_below: Annotated[float, SHARE] = 0.05
    """The rounds end when at most this share of the stage's films is denied, and when a round brought no pick at all:
    the next networks would learn nothing new."""
    most_rounds: Annotated[int, whole(1, "1 to 20", maximum=20)] = 3
    """Rounds after which what is denied is drawn, however much it is."""

    @property
    def choosers(self) -> str:
        """The role that chooses."""
        return self.readers

    @property
    def roles(self) -> frozenset[str]:
        """Who chooses and draws, and MDs who decide where several choose differently."""
        return frozenset({self.readers, PHYSICIAN})


@dataclass(frozen=True)
class VerificationStage(ReviewStage):
    """Stage IV: MDs verify a stratified random share; the share corrected is the estimate for the rest."""

    kind: ClassVar[str] = "verification"
    name: str = "IV"
    fraction: Annotated[float, Number("a number above 0, at most 1", minimum=0, maximum=1, open_minimum=True)] = 0.2
    """Share of the finished films that MDs look at once more. Its films are the test set, whole patients, and barred
    from all training."""
    strata: Annotated[tuple[str, ...], rules.Choices("any of label, source, quality", choices=STRATA)] = STRATA
    """What the share is spread over, so that rare classes, small hospitals and poor films are verified too."""
    reopen_above: Annotated[float, SHARE] = 0.1
    """A stratum whose corrected share lies above this is verified whole."""

    @property
    def roles(self) -> frozenset[str]:
        """MDs alone."""
        return frozenset({PHYSICIAN})


STAGES: dict[str, type[Stage]] = {
    stage.kind: stage
    for stage in (
        InitialTrainingStage,
        DrawingStage,
        OutOfFoldStage,
        EvaluationStage,
        SelectionStage,
        RepeatedSelectionStage,
        VerificationStage,
    )
}
