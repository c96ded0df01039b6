"""A benchmark as data: which networks, which tasks, which splits, which settings. Imports no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from mlbackend.config import CONFIGS, ConfigError, check_training, read_settings, require_one_of
from mlbackend.contracts import (
    ARCHITECTURES,
    FINAL,
    LABELS,
    SCHEMES,
    TASKS,
    ContractError,
    Message,
    NetworkSpec,
    TrainingSettings,
)

BENCHMARKS = CONFIGS / "benchmark"
LUNG, INFECTION = "lung", "infection"
FIXED, FOLDS = "fixed", "folds"
TESTS = (FIXED, FOLDS)
PARALLEL, CASCADED = SCHEMES
BEST = "best"
MAX_FOLDS = 20
TAHIR, DEGERLI = "tahir2021", "degerli2021"
PAPERS = (TAHIR, DEGERLI)


@dataclass(frozen=True)
class SecondSplit(Message):
    """One more split beside the folds, fixed, with other films without infection (degerli2021's control group II).

    Films with infection are in both; those of the labels that ``--second-negatives`` names are in this one alone, those
    of ``--negatives`` in the folds alone.
    """

    name: str
    networks: list[str]
    """Names of the grid's networks that are run on it."""
    test_share: float = 0.2
    """Share of films drawn for its test set, of those that the data gives no split."""


@dataclass(frozen=True)
class BenchmarkConfig(Message):
    """What is trained and how it is tested; defaults are those of tahir2021 sections 3 and 3.4."""

    name: str
    description: str = ""
    source: str = ""
    """Paper and section that the settings come from."""
    deviations: list[str] = field(default_factory=list)
    """What differs from the source, and why."""
    tasks: list[str] = field(default_factory=lambda: list(TASKS))
    architectures: list[str] = field(default_factory=lambda: ["unet", "unetplusplus", "fpn"])
    encoders: list[str] = field(
        default_factory=lambda: ["resnet18", "resnet50", "densenet121", "densenet161", "inceptionv4"]
    )
    encoder_frozen: list[bool] = field(default_factory=lambda: [False])
    """Whether encoders stay as they are: each network of the grid is run once for each value (degerli2021 II-C)."""
    only: list[str] = field(default_factory=list)
    """Names of the grid's networks that are run, such as ``fpn-resnet18``; empty for all."""
    encoder_weights: str = "imagenet"
    classes: int = 2
    test: str = FIXED
    """``fixed``: one test set, and each fold validates on another part of the rest (tahir2021 table 1). ``folds``: each
    fold is the test set once, and ``validation_share`` of the rest validates (degerli2021)."""
    test_share: float = 0.2
    """Share of films drawn for the fixed test set where the data names none."""
    folds: int = 5
    validation_share: float = 0.2
    """Share of the training films that validates where ``test`` is ``folds``; otherwise one part of ``folds`` does."""
    schemes: list[str] = field(default_factory=lambda: [PARALLEL])
    """``parallel``: both networks see the film; ``cascaded``: the infection network sees the lungs only."""
    lung_network: str = BEST
    """Whose lungs cut the infection: ``best`` (validation DSC, per fold) or a name such as ``fpn-densenet121``."""
    cut_to_lungs: bool = True
    """Whether infection counts only inside the lungs (tahir2021 section 3.2) or wherever it is drawn (degerli2021)."""
    threshold: float = 0.5
    """A pixel is foreground where its probability is greater (tahir2021 section 3.2)."""
    threshold_included: bool = False
    """Whether it is foreground also where its probability is the threshold (degerli2021 section II-D)."""
    second: SecondSplit | None = None
    paper: str = TAHIR
    """Whose tables the report has the form of, and whose figures stand beside ours."""
    seed: int = 1
    """Of the splits; the trainings' is ``training.seed``."""
    label_sets: list[str] = field(default_factory=lambda: [FINAL])
    """Whose masks are learnt from: ``candidate``, ``stage2``, ``stage3``, ``final``. Scores are always on the final
    masks of the same test films."""
    training: TrainingSettings = field(default_factory=TrainingSettings)

    def networks(self) -> list[NetworkSpec]:
        """The grid, row by row as the papers' tables list it."""
        every = [
            NetworkSpec(architecture, encoder, self.encoder_weights, self.classes, frozen)
            for architecture in self.architectures
            for encoder in self.encoders
            for frozen in self.encoder_frozen
        ]
        return [network for network in every if not self.only or network.name in self.only]

    @property
    def second_fold(self) -> int:
        """Number that the second split has among the folds, behind the last one; 0 where there is none."""
        return self.folds + 1 if self.second else 0

    def networks_of(self, fold: int) -> list[NetworkSpec]:
        """Those that are run on a fold."""
        networks = self.networks()
        if self.second is None or fold != self.second_fold:
            return networks
        return [network for network in networks if network.name in self.second.networks]


def benchmark_names() -> list[str]:
    """Names of the benchmarks that come with the project."""
    return sorted(path.stem for path in BENCHMARKS.glob("*.yaml"))


def load_benchmark(name_or_path: str) -> BenchmarkConfig:
    """Read a benchmark by its name or by the path of a YAML file.

    Raises ConfigError naming file, field and valid values. Names of encoders are checked when a network is built.
    """
    name, data = read_settings(name_or_path, BENCHMARKS)
    try:
        config = BenchmarkConfig.from_json(data, at=name)
        check_benchmark(config)
    except (ContractError, ConfigError) as error:
        raise ConfigError(f"config {name}: {error}") from error
    return config


def check_benchmark(config: BenchmarkConfig) -> None:
    """Raise ConfigError, naming the field and the valid values, where a setting is not valid."""
    for name, values, valid in (
        ("tasks", config.tasks, TASKS),
        ("architectures", config.architectures, ARCHITECTURES),
        ("schemes", config.schemes, SCHEMES),
        ("encoders", config.encoders, None),
        ("label_sets", config.label_sets, LABELS),
        ("encoder_frozen", config.encoder_frozen, (True, False)),
    ):
        if not values:
            raise ConfigError(f"{name}: the list is empty; give at least one")
        if len(set(values)) < len(values):
            raise ConfigError(f"{name}: {values!r} names one twice; list each once")
        for value in values if valid else ():
            require_one_of(name, value, valid or ())
    if config.label_sets != [name for name in LABELS if name in config.label_sets]:
        raise ConfigError(f"label_sets: {config.label_sets!r} is not in the stages' order; use that of {list(LABELS)}")
    grid = [network.name for network in replace(config, only=[]).networks()]
    for name in config.only:
        require_one_of("only", name, grid)
    _check_second(config.second, grid)
    require_one_of("paper", config.paper, PAPERS)
    if CASCADED in config.schemes and not config.cut_to_lungs:
        raise ConfigError("cut_to_lungs: False is not valid with the cascaded scheme, which shows the lungs alone")
    weights = config.encoder_weights
    if weights not in ("none", "imagenet") and not (weights.startswith("file:") and weights != "file:"):
        raise ConfigError(f"encoder_weights: {weights!r} is not valid; use none, imagenet or file:PATH")
    require_one_of("test", config.test, TESTS)
    require_one_of("classes", config.classes, (1, 2))
    for name in ("test_share", "validation_share", "threshold"):
        value = getattr(config, name)
        if not (math.isfinite(value) and 0 < value < 1):
            raise ConfigError(f"{name}: {value!r} is not valid; use a number between 0 and 1")
    if not 2 <= config.folds <= MAX_FOLDS:
        raise ConfigError(f"folds: {config.folds!r} is not valid; use a whole number from 2 to {MAX_FOLDS}")
    if config.seed < 0:
        raise ConfigError(f"seed: {config.seed!r} is not valid; use a whole number from 0")
    if config.lung_network != BEST:
        require_one_of("lung_network", config.lung_network, [BEST, *(n.name for n in config.networks())])
    check_training(config.training)
    if not config.training.epochs:
        raise ConfigError("training.epochs: 0 is not valid here; a benchmark of untrained networks says nothing")


def _check_second(second: SecondSplit | None, grid: list[str]) -> None:
    if second is None:
        return
    if not second.name:
        raise ConfigError("second.name: '' is not valid; use a short name such as group-ii")
    if not second.networks:
        raise ConfigError("second.networks: the list is empty; give at least one of the grid")
    for name in second.networks:
        require_one_of("second.networks", name, grid)
    if not (math.isfinite(second.test_share) and 0 < second.test_share < 1):
        raise ConfigError(f"second.test_share: {second.test_share!r} is not valid; use a number between 0 and 1")
