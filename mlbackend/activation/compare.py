"""Both maps of every film, by networks that do not know its patient: fold after fold, each kept when it is done."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mlbackend.activation.classifier import EncoderClassifier, build_classifier, grad_cam, infected_probability
from mlbackend.activation.films import (
    GRAD_CAM,
    INFECTION_MAP,
    LUNGS,
    TRUTH,
    UNIFORM,
    ComparedFilm,
    pictures_of,
    shares_of,
    shown_mass,
)
from mlbackend.activation.folds import films_of, folds_of
from mlbackend.activation.settings import ComparisonSettings
from mlbackend.activation.training import Films, train_classifier
from mlbackend.benchmark.config import INFECTION, LUNG
from mlbackend.benchmark.dataset import Dataset, Film
from mlbackend.config import ConfigError
from mlbackend.contracts import ModelRef, Outcome, Progress, Split, TrainRequest, TrainSample
from mlbackend.data.reading import Gray, ImageError, read_gray, read_gray_and_value, read_mask
from mlbackend.data.resize import enlarge_probability, shrink_image
from mlbackend.data.splits import split_by_patient
from mlbackend.models.device import choose_device, choose_precision
from mlbackend.models.weights import state_of, weights_to_bytes
from mlbackend.prediction.engine import Engine, load_engine
from mlbackend.prediction.infection_map import write_colour
from mlbackend.storage import FolderStorage, OverlayStorage, Storage
from mlbackend.training import train
from mlbackend.training.checkpoint import discard_checkpoints
from mlbackend.training.seeds import derive_seed

Say = Callable[[str], None]
SEGMENTATION = "segmentation"
ASKED, CARD, WEIGHTS = (f"{SEGMENTATION}/{name}" for name in ("request.json", "card.json", "weights.safetensors"))
FOUND, RECORD = "films.json", "record.json"


def compare(
    data: Dataset, settings: ComparisonSettings, out: Path, say: Say = lambda words: None
) -> list[ComparedFilm]:
    """Train both networks of every fold, look at the films that it left out, and keep films and pictures below ``out``.

    A fold that was finished with the same data and settings is taken over, and so is its segmentation network where
    only the classifier's settings are others; one that was begun goes on from its last checkpoint. Films come in order
    of their ids. Raises ConfigError where films or settings do not serve, ImageError where a file cannot be read.
    """
    films = films_of(data.films)
    parts = folds_of(films, settings.folds, settings.experiment.training.seed)
    found: list[ComparedFilm] = []
    for number, tested in enumerate(parts, start=1):
        folder = FolderStorage(out / f"fold-{number}")
        record = {"settings": settings.to_json(), "data_hash": data.data_hash, "films": [f.film_id for f in tested]}
        known = _known(folder, record)
        if known is None:
            say(f"fold {number} of {len(parts)}: learns from {len(films) - len(tested)} films, looks at {len(tested)}")
            known = _fold(number, films, tested, data, settings, folder, say)
            folder.write(FOUND, json.dumps([film.to_json() for film in known], indent=1).encode())
            folder.write(RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
        found += known
    return sorted(found, key=lambda film: film.film_id)


def picture_name(film_id: str, picture: str) -> str:
    """Key of a film's picture in its fold's folder; ids may hold what no file's name may."""
    return f"pictures/{hashlib.sha256(film_id.encode()).hexdigest()[:16]}-{picture}.png"


def _known(folder: FolderStorage, record: dict[str, Any]) -> list[ComparedFilm] | None:
    if not folder.exists(RECORD) or json.loads(folder.read(RECORD)) != json.loads(json.dumps(record)):
        return None
    return [ComparedFilm.from_json(film) for film in json.loads(folder.read(FOUND))]


def _fold(
    number: int,
    films: Sequence[Film],
    tested: Sequence[Film],
    data: Dataset,
    settings: ComparisonSettings,
    folder: FolderStorage,
    say: Say,
) -> list[ComparedFilm]:
    storage = OverlayStorage(data.storage, folder)
    out = {film.film_id for film in tested}
    rest = [film for film in films if film.film_id not in out]
    held = split_by_patient([film.group for film in rest], settings.validation, derive_seed(1, number, 0))
    learnt = [film for film, is_held in zip(rest, held, strict=True) if not is_held]
    engine = _segmentation(rest, held.tolist(), data.data_hash, settings, storage, len(tested), say)
    classifier = _classifier(learnt, settings, storage, say)
    return [_look(film, number, engine, classifier, storage, settings) for film in tested]


def _segmentation(
    films: Sequence[Film],
    held: Sequence[bool],
    data_hash: str,
    settings: ComparisonSettings,
    storage: Storage,
    count: int,
    say: Say,
) -> Engine:
    samples = [
        TrainSample(
            film.film_id, film.image_key, film.mask(INFECTION), film.group, Split.VALIDATION if out else Split.TRAIN
        )
        for film, out in zip(films, held, strict=True)
    ]
    experiment, started = settings.experiment, time.monotonic()
    request = TrainRequest(SEGMENTATION, 1, experiment.network, experiment.training, samples, target=INFECTION)
    asked = json.dumps({**request.to_json(), "data_hash": data_hash}, sort_keys=True).encode()
    if not storage.exists(ASKED) or storage.read(ASKED) != asked:
        result = train(request, storage, on_progress=_teller(say), should_cancel=lambda: False)
        if result.outcome != Outcome.SUCCEEDED:
            raise ConfigError(f"{experiment.network.name}: {result.error}")
        storage.write(WEIGHTS, storage.read(result.weights_key))
        storage.write(CARD, storage.read(result.card_key))
        storage.write(ASKED, asked)
        discard_checkpoints(storage, SEGMENTATION)
    card = json.loads(storage.read(CARD))
    say(
        f"  {experiment.network.name}: validation DSC {card['validation']['dsc']:.3f} in epoch {card['best_epoch']}, "
        f"{time.monotonic() - started:.0f} s"
    )
    size = experiment.training.image_size
    model = ModelRef(SEGMENTATION, experiment.network, size, WEIGHTS, card["weights_sha256"])
    device = choose_device()
    return load_engine(model, storage, device, choose_precision("fp32", device), wanted="torch", films=count)


def _teller(say: Say) -> Callable[[Progress], None]:
    """Says each epoch once."""
    told = 0

    def tell(progress: Progress) -> None:
        nonlocal told
        for epoch in progress.curve[told:]:
            words = f"  epoch {epoch.epoch}/{progress.total}  loss {epoch.train_loss:.4f}"
            say(f"{words}  validation DSC {epoch.validation_dsc:.4f}")
        told = max(told, len(progress.curve))

    return tell


def _classifier(films: Sequence[Film], settings: ComparisonSettings, storage: Storage, say: Say) -> EncoderClassifier:
    training, started, device = settings.experiment.training, time.monotonic(), choose_device()
    small = [shrink_image(_gray(film, storage), training.image_size) for film in films]
    torch.manual_seed(derive_seed(training.seed, 0, 0))
    network = build_classifier(settings.experiment.network).to(device)
    losses: list[float] = []
    train_classifier(
        network,
        Films(np.stack(small), np.array([bool(film.infected) for film in films])),
        settings.classifier,
        batch_size=training.batch_size,
        augmentation=training.augmentation,
        precision=choose_precision(training.precision, device),
        seed=training.seed,
        betas=(training.beta1, training.beta2),
        on_epoch=lambda epoch, loss: losses.append(loss),
    )
    weights, sha256 = weights_to_bytes(state_of(network))
    storage.write("classifier/weights.safetensors", weights)
    card = {"encoder": settings.experiment.network.encoder, "weights_sha256": sha256, "losses": losses}
    storage.write("classifier/card.json", json.dumps(card, indent=1).encode())
    say(f"  classifier: loss {losses[0]:.3f} to {losses[-1]:.3f}, {time.monotonic() - started:.0f} s")
    return network


def _look(
    film: Film,
    number: int,
    engine: Engine,
    classifier: EncoderClassifier,
    storage: Storage,
    settings: ComparisonSettings,
) -> ComparedFilm:
    gray, value = read_gray_and_value(storage.read(film.image_key), _named(film))
    size = gray.shape[0], gray.shape[1]
    truth, lungs = (_mask(film, task, size, storage) for task in (INFECTION, LUNG))
    assert truth is not None
    small = shrink_image(gray, settings.experiment.training.image_size)[None]
    probability = np.clip(enlarge_probability(engine.probabilities(small, 1)[0], *size), 0, 1)
    activation = np.maximum(enlarge_probability(grad_cam(classifier, small)[0], *size), 0)
    regions = {TRUTH: truth} if truth.any() else {}
    if lungs is not None:
        regions[LUNGS] = lungs
    maps = {INFECTION_MAP: shown_mass(probability), GRAD_CAM: activation, UNIFORM: np.ones(size, np.float32)}
    for name, picture in pictures_of(value, truth, lungs, probability, activation).items():
        storage.write(picture_name(film.film_id, name), write_colour(picture))
    return ComparedFilm(
        film.film_id,
        film.group,
        bool(film.infected),
        number,
        float(probability.max()),
        float(infected_probability(classifier, small)[0]),
        shares_of(maps, regions),
    )


def _mask(film: Film, task: str, size: tuple[int, int], storage: Storage) -> npt.NDArray[np.bool_] | None:
    """None where there is none; an empty key is a mask without foreground."""
    key = film.masks.get(task)
    if not key:
        return None if key is None else np.zeros(size, bool)
    mask = read_mask(storage.read(key), f"{task} mask of {film.film_id!r}")
    if mask.shape != size:
        raise ImageError(f"{task} mask of {film.film_id!r} has shape {mask.shape}, the film {size}; both must be alike")
    return mask


def _gray(film: Film, storage: Storage) -> Gray:
    return read_gray(storage.read(film.image_key), _named(film))


def _named(film: Film) -> str:
    return f"film {film.film_id!r}"
