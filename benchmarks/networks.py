"""Training and prediction: Groundwork's own way against ``plain_loop``, same films, batch, threads and epochs.

The two take turns in processes of their own; each figure is the median of the turns, the ratio that of the medians.
Training counts the steps of the epochs after the first, without validation and checkpoints: the plain loop has
neither.
Prediction stops at the probabilities, as the plain loop does; a second figure goes on from the film in storage to the
postprocessed mask at film resolution in storage, for a job of ``FILMS_OF_A_JOB`` films with loading and converting.

The floor is the network's operations over the rate of bare products (``benchmarks.floor``), in our precision. Time
outside the network: in training, of each step, what the same forward, loss, backward and optimiser on a batch that
stays in place do not need; in prediction, of the job after loading, in which no network is at work.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from benchmarks.floor import bare_step, operations, peak_rate
from mlbackend.contracts import (
    ENGINES,
    ModelRef,
    NetworkSpec,
    PredictImage,
    PredictRequest,
    Split,
    TrainingSettings,
    TrainRequest,
    TrainResult,
    TrainSample,
)
from mlbackend.models.device import choose_device, choose_precision
from mlbackend.prediction import predict
from mlbackend.prediction.engine import load_engine
from mlbackend.storage import open_storage
from mlbackend.training import train

FILMS_OF_A_JOB = 192
JOBS_ENVIRONMENT = {**os.environ, "GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", "1000")}
"""A worker's threads give their core away soon (``mlbackend.processes.spin_little``); the plain loop's do as ever."""


def make_films(folder: Path, count: int, size: int) -> None:
    """Procedural films as files for us and as arrays for the plain loop."""
    from mlbackend.data.phantom import generate_film

    storage = open_storage(f"file://{folder}/storage")
    films = [generate_film(seed, size=size) for seed in range(count)]
    for n, film in enumerate(films):
        storage.write(f"films/{n}.png", cv2.imencode(".png", film.image)[1].tobytes())
        storage.write(f"masks/{n}.png", cv2.imencode(".png", film.mask_lung.astype(np.uint8) * 255)[1].tobytes())
    np.savez(
        folder / "films.npz",
        images=np.stack([film.image for film in films]),
        masks=np.stack([film.mask_lung.astype(np.uint8) for film in films]),
    )


def _job(folder: Path, what: str, args: argparse.Namespace) -> tuple[TrainResult, NetworkSpec]:
    """A training as a job does it; for prediction one without epochs, whose weights are as quick as any."""
    network = NetworkSpec(args.architecture, args.encoder)
    samples = [
        TrainSample(
            str(n), f"films/{n}.png", f"masks/{n}.png", str(n), Split.VALIDATION if n >= args.films else Split.TRAIN
        )
        for n in range(args.films + 4)
    ]
    epochs = args.epochs + 1 if what == "train" else 0
    settings = TrainingSettings(image_size=args.size, batch_size=args.batch_size, epochs=epochs, threads=args.threads)
    trained = train(
        TrainRequest(f"{what}-{time.time_ns()}", 1, network, settings, samples), open_storage(f"file://{folder}/storage"),
        on_progress=lambda _: None, should_cancel=lambda: False,
    )  # fmt: skip
    if trained.error:
        raise RuntimeError(trained.error)
    return trained, network


def ours(folder: Path, what: str, args: argparse.Namespace) -> dict[str, Any]:
    """One turn in this process: images a second, the floor, and the share of time outside the network."""
    torch.set_num_threads(args.threads)
    device = choose_device()
    precision = choose_precision("auto", device)
    trained, network = _job(folder, what, args)
    forward, both = operations(network, args.size)
    rate = peak_rate(device, precision)
    if what == "train":
        # The first epoch is ours to warm up with, as the plain loop has its first batch.
        found = statistics.harmonic_mean([epoch.images_per_second for epoch in trained.epochs[1:]])
        bare = bare_step(network, args.size, args.batch_size, device, precision, max(4, args.films // args.batch_size))
        return {
            "images_per_second": found, "outside": 1 - bare / args.batch_size * found, "operations": both,
            "rate": rate, "engine": f"torch {torch.__version__} {precision}",
        }  # fmt: skip
    return _predict(folder, trained, network, device, precision, args) | {"operations": forward, "rate": rate}


def _predict(
    folder: Path, trained: TrainResult, network: NetworkSpec, device: torch.device, precision: str,
    args: argparse.Namespace,
) -> dict[str, Any]:  # fmt: skip
    storage = open_storage(f"file://{folder}/storage")
    model = ModelRef("model", network, args.size, trained.weights_key, trained.weights_sha256)
    arrays = np.load(folder / "films.npz")["images"][: args.films]
    # A job's films by the hundred: what is converted once must not count as if it were done for a few.
    films = max(args.films, FILMS_OF_A_JOB)
    engine = load_engine(model, storage, device, precision, wanted=args.engine, films=films)
    engine.probabilities(arrays[: args.batch_size], args.batch_size)
    started = time.perf_counter()
    engine.probabilities(arrays, args.batch_size)
    taken = time.perf_counter() - started
    images = [PredictImage(str(n), f"films/{n % args.films}.png", args.size, args.size) for n in range(films)]
    done = predict(
        PredictRequest(
            f"masks-{time.time_ns()}", 1, [model], images, batch_size=args.batch_size, engine=args.engine
        ),
        storage, on_progress=lambda _: None, should_cancel=lambda: False,
    )  # fmt: skip
    if done.error:
        raise RuntimeError(done.error)
    return {
        "images_per_second": len(arrays) / taken, "to_file_per_second": done.images_per_second,
        "outside": 1 - done.network_seconds / (done.seconds - done.loading_seconds),
        "loading": done.loading_seconds, "engine": engine.name,
    }  # fmt: skip


def _run(command: list[str], environment: dict[str, str] | None = None) -> dict[str, Any]:
    out = subprocess.run(
        [sys.executable, "-m", *command], check=True, stdout=subprocess.PIPE, text=True, env=environment
    ).stdout
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def _options(args: argparse.Namespace) -> list[str]:
    pairs = {
        "--architecture": args.architecture, "--encoder": args.encoder, "--batch-size": args.batch_size,
        "--epochs": args.epochs, "--threads": args.threads,
    }  # fmt: skip
    return [str(part) for pair in pairs.items() for part in pair]


def compare(args: argparse.Namespace) -> dict[str, Any]:
    """Take turns and print the ratios."""
    with tempfile.TemporaryDirectory(prefix="groundwork-bench-") as name:
        folder = Path(name)
        make_films(folder, args.films + 4, args.size)
        trimmed = folder / "plain.npz"
        arrays = np.load(folder / "films.npz")
        np.savez(trimmed, images=arrays["images"][: args.films], masks=arrays["masks"][: args.films])
        results: dict[str, Any] = {}
        for what in ("predict", "train"):
            plain: list[dict[str, Any]] = []
            mine: list[dict[str, Any]] = []
            turns: list[Callable[[], None]] = [
                lambda what=what, plain=plain: plain.append(  # type: ignore[misc]
                    _run(["benchmarks.plain_loop", what, "--films", str(trimmed), *_options(args)])
                ),
                lambda what=what, mine=mine: mine.append(  # type: ignore[misc]
                    _run(
                        [
                            "benchmarks.networks", "--one", what, "--folder", name, "--films", str(args.films),
                            "--size", str(args.size), "--engine", args.engine, *_options(args),
                        ],
                        JOBS_ENVIRONMENT,
                    )
                ),
            ]  # fmt: skip
            for turn in range(args.turns):
                for take in turns if turn % 2 == 0 else reversed(turns):
                    take()
            results[what] = _summary(what, plain, mine, args)
        return results


def _summary(
    what: str, plain: list[dict[str, Any]], mine: list[dict[str, Any]], args: argparse.Namespace
) -> dict[str, Any]:
    def median(runs: list[dict[str, Any]], key: str = "images_per_second") -> float:
        return statistics.median(run[key] for run in runs)

    base, own = median(plain), median(mine)
    floor = median(mine, "operations") / median(mine, "rate")
    ratios = sorted(m["images_per_second"] / p["images_per_second"] for m, p in zip(mine, plain, strict=True))
    print(
        f"{what:>8} {args.architecture}-{args.encoder} {args.size} px, batch {args.batch_size}, "
        f"{args.threads} threads, {mine[0]['engine']}\n"
        f"         plain fp32 loop {base:.1f}, ours {own:.1f} images/s: x{own / base:.2f} "
        f"(turn by turn x{ratios[0]:.2f} to x{ratios[-1]:.2f})\n"
        f"         outside the network {100 * median(mine, 'outside'):.1f} % of the time\n"
        f"         floor {1000 * floor:.1f} ms an image ({median(mine, 'operations') / 1e9:.1f} GFLOPs at "
        f"{median(mine, 'rate') / 1e9:.0f} GFLOP/s), ours {1000 / own:.1f} ms: x{1 / own / floor:.2f} of it",
        flush=True,
    )
    found = {
        "plain": base, "ours": own, "ratio": own / base, "floor_seconds": floor, "outside": median(mine, "outside"),
    }  # fmt: skip
    if what == "predict":
        to_file = median(mine, "to_file_per_second")
        print(
            f"         from film in storage to mask in storage: {to_file:.1f} images/s: x{to_file / base:.2f}, "
            f"with {median(mine, 'loading'):.1f} s of loading for {max(args.films, FILMS_OF_A_JOB)} films",
            flush=True,
        )
        found |= {"to_file": to_file, "to_file_ratio": to_file / base}
    return found


def main(argv: list[str] | None = None) -> dict[str, Any] | None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", default="unet")
    parser.add_argument("--encoder", default="resnet18")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--films", type=int, default=48)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="for prediction")
    parser.add_argument("--one", choices=["train", "predict"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.one:
        print(json.dumps(ours(args.folder, args.one, args)))
        return None
    return compare(args)


if __name__ == "__main__":
    main()
