"""The commands: a manifest or files become a request, the same code as a worker's answers it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlbackend.cli.errors import CommandError
from mlbackend.cli.files import CARD, WEIGHTS, names_of, read_card, read_film
from mlbackend.cli.quantify import run_quantify, tell_unread
from mlbackend.config import load_experiment
from mlbackend.contracts import (
    ModelRef,
    NetworkSpec,
    Outcome,
    PredictChunk,
    PredictImage,
    PredictRequest,
    Progress,
    TrainRequest,
)
from mlbackend.data.manifest import read_samples
from mlbackend.data.reading import ImageError, read_gray
from mlbackend.prediction import predict
from mlbackend.storage import FolderStorage, OverlayStorage
from mlbackend.training import train

_JOB = "cli"


@contextmanager
def _work_folder() -> Iterator[FolderStorage]:
    folder = tempfile.mkdtemp(prefix="mlbackend-")
    try:
        yield FolderStorage(Path(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _show(progress: Progress) -> None:
    if not progress.curve or progress.done != progress.curve[-1].epoch:
        return
    last = progress.curve[-1]
    print(
        f"epoch {last.epoch}/{progress.total}  loss {last.train_loss:.4f}  validation DSC {last.validation_dsc:.4f}  "
        f"{last.images_per_second:.1f} images/s  {progress.seconds_left or 0:.0f} s left",
        flush=True,
    )


def run_train(options: argparse.Namespace) -> None:
    """``train``: writes weights.safetensors and card.json into ``--out``."""
    experiment = load_experiment(options.config)
    changes = {k: v for k in ("architecture", "encoder") if (v := getattr(options, k)) is not None}
    network = dataclasses.replace(experiment.network, **changes)
    settings = experiment.training
    if options.epochs is not None:
        settings = dataclasses.replace(settings, epochs=options.epochs)
    samples = read_samples(
        options.manifest,
        options.where,
        options.target,
        validation=options.validation,
        seed=settings.seed,
        limit=options.limit,
    )
    with _work_folder() as work:
        storage = OverlayStorage(FolderStorage(options.manifest.parent), work)
        request = TrainRequest(_JOB, 1, network, settings, samples, target=options.target)
        result = train(request, storage, on_progress=_show, should_cancel=lambda: False)
        if result.outcome != Outcome.SUCCEEDED:
            raise CommandError(result.error)
        out = FolderStorage(options.out)
        out.write(WEIGHTS, work.read(result.weights_key))
        out.write(CARD, work.read(result.card_key))
    print(f"{network.name}: validation DSC {result.validation_dsc:.4f} in epoch {result.best_epoch}; see {options.out}")


def run_predict(options: argparse.Namespace) -> None:
    """``predict``: one mask a file, named after it, into ``--out``; with ``--infection`` the whole pipeline."""
    names = names_of(options.files)
    if options.infection:
        run_quantify(options, names)
        return
    card = read_card(options.weights, "--weights")
    with _work_folder() as work:
        work.write(f"model/{WEIGHTS}", (options.weights / WEIGHTS).read_bytes())
        images = []
        unread = []
        for name, path in zip(names, options.files, strict=True):
            try:
                content, gray = read_film(path, lambda data, told: (data, read_gray(data, told)))
            except ImageError as error:
                unread.append(str(error))
                continue
            work.write(f"films/{name}", content)
            images.append(PredictImage(name, f"films/{name}", gray.shape[1], gray.shape[0]))
        if not images:
            tell_unread(unread, len(names))
        network = NetworkSpec.from_json(card["network"])
        size = int(card["settings"]["image_size"])
        model = ModelRef("cli", network, size, f"model/{WEIGHTS}", card["weights_sha256"])
        request = PredictRequest(
            _JOB,
            1,
            [model],
            images,
            threshold=options.threshold,
            postprocess="lung" if card["target"] == "lung" else "none",
        )
        result = predict(request, work, on_progress=lambda progress: None, should_cancel=lambda: False)
        if result.outcome != Outcome.SUCCEEDED:
            raise CommandError(result.error)
        for note in result.notes:
            print(note)
        out = FolderStorage(options.out)
        for key in result.chunk_keys:
            for mask in PredictChunk.from_json(json.loads(work.read(key))).masks:
                out.write(f"{mask.image_id}.png", work.read(mask.mask_key))
                print(f"{out.root / mask.image_id}.png  confidence {mask.confidence:.3f}")
    tell_unread(unread, len(names))
