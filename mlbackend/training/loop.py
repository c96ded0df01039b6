"""Trains one network on one request: the way from a job's request to weights, card and result."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from mlbackend.card import patients_of, write_card
from mlbackend.contracts import (
    Outcome,
    Progress,
    Split,
    TrainRequest,
    TrainResult,
    Trouble,
    attempt_prefix,
)
from mlbackend.data.dataset import FilmSet, load_training_data
from mlbackend.data.memory import FilmMemory
from mlbackend.data.resident import ResidentFilms
from mlbackend.metrics import dice_of, iou_of
from mlbackend.models.device import choose_device, choose_precision, device_name
from mlbackend.models.encoders import weights_file
from mlbackend.models.registry import build_network, count_parameters
from mlbackend.models.weights import state_of, weights_to_bytes
from mlbackend.progress import Cancelled, Reporter
from mlbackend.storage import Storage, StorageMissingError
from mlbackend.training.checkpoint import load_checkpoint, training_identity
from mlbackend.training.epochs import EpochKeeper, NotFiniteError, TrainingError, run_epochs
from mlbackend.training.evaluation import evaluate
from mlbackend.training.losses import LOSSES
from mlbackend.training.request import check_request
from mlbackend.training.seeds import derive_seed


@dataclass(frozen=True)
class _Place:
    device: torch.device
    precision: str


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def train(
    request: TrainRequest,
    storage: Storage,
    *,
    on_progress: Callable[[Progress], None],
    should_cancel: Callable[[], bool],
    worker: str = "",
    memory: FilmMemory | None = None,
) -> TrainResult:
    """Train a network as ``request`` says and store weights and model card below its attempt's prefix.

    Goes on from the furthest checkpoint of this job's attempts, if data, settings and network are the same, and then
    ends with the weights of an uninterrupted training. The stored weights are those of the epoch with the best
    validation DSC at the working size (the earlier of equals). Equal requests give equal weights on one machine with
    one number of threads.

    ``memory`` keeps decoded films for the next training of this process.
    ``on_progress`` is called at most once a second, and after every epoch; ``should_cancel`` before every step.
    What is wrong with the request, its films or its numbers is told in the result: ``Outcome.FAILED`` with words in
    ``error``. Failures of the storage itself, which another attempt may not meet, are raised (StorageError).
    """
    started = time.monotonic()
    place = _Place(choose_device(), "fp32")
    with _threads(request.settings.threads):
        try:
            check_request(request)
            place = _Place(place.device, choose_precision(request.settings.precision, place.device))
            reporter = Reporter(on_progress, request.job_id, request.attempt, worker)
            result = _train(request, storage, place, reporter, should_cancel, started, memory)
        except Cancelled:
            result = _ended(request, place, Outcome.CANCELLED, "the training was cancelled", started)
        except NotFiniteError as error:
            result = _ended(request, place, Outcome.FAILED, str(error), started, Trouble.NOT_FINITE)
        except (ValueError, TrainingError, StorageMissingError) as error:
            result = _ended(request, place, Outcome.FAILED, str(error), started)
        except torch.OutOfMemoryError as error:
            words = f"the processor's memory is full ({error}); use a smaller batch_size or image_size"
            result = _ended(request, place, Outcome.FAILED, words, started, Trouble.MEMORY)
    return result


def _ended(
    request: TrainRequest,
    place: _Place,
    outcome: Outcome,
    words: str,
    started: float,
    reason: Trouble = Trouble.NONE,
) -> TrainResult:
    return TrainResult(
        job_id=request.job_id,
        attempt=request.attempt,
        outcome=outcome,
        error=words,
        reason=reason,
        device=device_name(place.device),
        precision=place.precision,
        seconds=time.monotonic() - started,
    )


def _encoder_file(request: TrainRequest) -> dict[str, str] | None:
    """Name and sha256 of the file that the encoder began with; None where it began with none."""
    path = weights_file(request.network)
    if path is None:
        return None
    with path.open("rb") as file:
        return {"name": path.name, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _train(
    request: TrainRequest,
    storage: Storage,
    place: _Place,
    reporter: Reporter,
    should_cancel: Callable[[], bool],
    started: float,
    memory: FilmMemory | None,
) -> TrainResult:
    settings = request.settings

    def stop_if_cancelled() -> None:
        if should_cancel():
            raise Cancelled

    def loaded(done: int, total: int) -> None:
        reporter.send(phase="loading", done=done, total=total, unit="films")
        stop_if_cancelled()

    stop_if_cancelled()
    data = load_training_data(request.samples, storage, settings.image_size, on_film=loaded, memory=memory)
    torch.manual_seed(derive_seed(settings.seed, 0, 0))
    network = build_network(request.network)
    parameters = count_parameters(network)
    identity = training_identity(request, data.data_hash, place.precision)
    state = load_checkpoint(storage, request, identity) if settings.epochs else None
    resumed_from = state.epoch if state else 0
    if settings.epochs == 0:
        best, best_epoch, history = state_of(network), 0, []
    else:
        keeper = EpochKeeper(request, storage, data, place.device, place.precision, identity, reporter)
        final = run_epochs(network, keeper, state, stop_if_cancelled)
        best = final.network if final.best is None else final.best
        best_epoch, history = final.best_epoch, final.history
    # Scored from the very weights that are stored, so that card and file cannot part.
    network.load_state_dict(best)
    network.to(place.device)

    def scores(films: FilmSet) -> dict[str, float]:
        loss, counts = evaluate(
            network,
            ResidentFilms.of(films, place.device),
            LOSSES[settings.loss],
            batch_size=settings.batch_size,
            device=place.device,
            precision=place.precision,
            before_batch=stop_if_cancelled,
        )
        return {"loss": loss, "dsc": dice_of(counts), "iou": iou_of(counts)}

    validation = scores(data.validation)
    grown = scores(data.grown) if len(data.grown) else None
    prefix = attempt_prefix(request.job_id, request.attempt)
    weights, sha256 = weights_to_bytes(best)
    storage.write(prefix + "weights.safetensors", weights)
    card = write_card(
        request,
        data_hash=data.data_hash,
        weights_sha256=sha256,
        parameters=parameters,
        best_epoch=best_epoch,
        validation=validation,
        grown_validation=grown,
        epochs=history,
        precision=place.precision,
        device=device_name(place.device),
        threads=torch.get_num_threads(),
        encoder_file=_encoder_file(request),
    )
    storage.write(prefix + "card.json", card)
    return TrainResult(
        job_id=request.job_id,
        attempt=request.attempt,
        outcome=Outcome.SUCCEEDED,
        weights_key=prefix + "weights.safetensors",
        weights_sha256=sha256,
        card_key=prefix + "card.json",
        data_hash=data.data_hash,
        best_epoch=best_epoch,
        validation_dsc=validation["dsc"],
        grown_validation_dsc=grown["dsc"] if grown else None,
        epochs=history,
        trained_patients=patients_of(request, Split.TRAIN),
        selected_patients=patients_of(request, Split.VALIDATION),
        parameters=parameters,
        resumed_from_epoch=resumed_from,
        device=device_name(place.device),
        precision=place.precision,
        seconds=time.monotonic() - started,
    )
