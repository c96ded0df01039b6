"""The flags of ``manage.py simulate``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from annotation.projects.protocol import catalogue
from annotation.simulation.costs import SOURCES, Costs
from annotation.simulation.oracle.rules import EXCLUDE_RULES, UNSURE_RULES, Rules
from annotation.simulation.settings import Checks, Drawings, training_defaults
from mlbackend.contracts import AUGMENTATIONS, LOSSES, SCHEDULES


def add_flags(parser: ArgumentParser) -> None:
    """Declare all flags with their defaults and sources."""
    _run(parser)
    _training(parser)
    _rules(parser)
    _costs(parser)
    _checks(parser)
    _drawings(parser)


def _run(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("the run")
    add = group.add_argument
    add(
        "--manifest", required=True, metavar="CSV", help="films with their masks: image, mask_TARGET, patient_id, label"
    )
    add("--where", action="append", default=[], metavar="COLUMN=VALUE", help="use only these rows; may be repeated")
    add("--target", default="", help="what is drawn: lung or infection (default: what the protocol is meant for)")
    add(
        "--convention",
        default="",
        help="how it is drawn: heart_out or heart_in (default heart_out, recorded as assumed)",
    )
    add("--protocol", default="covid-qu", help=f"one of {', '.join(sorted(catalogue()))} (default %(default)s)")
    add(
        "--seed-count",
        type=int,
        default=60,
        help="films that bring their masks, by whole patients, stratified by class",
    )
    add("--batch-size", type=int, default=40, help="films of a batch of stage II (default %(default)s)")
    add("--batches", type=int, default=2, help="batches of stage II (default %(default)s)")
    add(
        "--candidates",
        type=int,
        default=0,
        help="networks whose masks compete for what is left, the first of the protocol's; 0 takes all",
    )
    add("--verify-fraction", type=float, help="share that MDs verify at the end (default: the protocol's)")
    add("--reviewers", type=int, default=3, help="annotators (default %(default)s)")
    add("--physicians", type=int, default=2, help="MDs (default %(default)s)")
    add("--random-seed", type=int, default=1, help="decides all that is random (default %(default)s)")
    add(
        "--out",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder of the run: state/, dataset/, report.json, report.html",
    )
    add(
        "--workers",
        choices=["real"],
        default="real",
        help="reviewers wait for real Celery workers; there are no others",
    )
    add(
        "--label-history", action="store_true",
        help="write the dataset with each film's mask after every stage, for the benchmark's --labels; stage I's "
        "network draws the films that it has not drawn",
    )  # fmt: skip
    add("--database-url", default="", help="an empty PostgreSQL database instead of SQLite under DIR")
    add("--broker-url", default="", help="Redis instead of the filesystem broker under DIR")


def _training(parser: ArgumentParser) -> None:
    group = parser.add_argument_group(
        "training", "Defaults serve without pretrained weights (mlbackend/configs/scratch.yaml); each deviation from "
        "the paper is recorded in the report.",
    )  # fmt: skip
    add, known = group.add_argument, training_defaults()
    add("--image-size", type=int, default=128, help="working size in pixels, a multiple of 32 (default %(default)s)")
    add("--epochs", type=int, default=10, help="0 keeps the initial weights: networks that are worth nothing")
    add("--batch-size-train", dest="train_batch_size", type=int, default=known["batch_size"])
    add("--learning-rate", type=float, default=known["learning_rate"])
    add("--schedule", choices=SCHEDULES, default=known["schedule"])
    add("--augmentation", choices=AUGMENTATIONS, default=known["augmentation"])
    add("--loss", choices=LOSSES, default="", help="the protocol's own unless another is asked for")
    add("--early-stopping", type=int, default=known["early_stopping"], help="0 never stops early")
    add("--encoder-weights", default="none", help="none, imagenet or file:PATH (default %(default)s)")
    add("--threads", type=int, default=0, help="CPU threads of the GPU worker; 0 leaves torch's default")


def _rules(parser: ArgumentParser) -> None:
    group = parser.add_argument_group(
        "rules of the reviewers", "All DSC are at film resolution, 0..1, between a mask and the truth."
    )
    add, known = group.add_argument, Rules()
    add("--accept-dsc", type=float, default=known.accept_dsc, help="accept or pick at this DSC (default %(default)s)")
    add("--correct-dsc", type=float, default=known.correct_dsc, help="where corrections end (default %(default)s)")
    add("--verify-dsc", type=float, default=None, help="an MD confirms at this DSC (default: --accept-dsc)")
    add(
        "--unsure-rule", choices=UNSURE_RULES, default=known.unsure_rule,
        help="margin: unsure where the DSC is less than --unsure-margin below --accept-dsc; below: unsure below "
        "--unsure-below; none: never. An MD advises, then an annotator corrects (default %(default)s)",
    )  # fmt: skip
    add("--unsure-margin", type=float, default=known.unsure_margin, help="(default %(default)s)")
    add("--unsure-below", type=float, default=known.unsure_below, help="(default %(default)s)")
    add(
        "--exclude-rule", choices=EXCLUDE_RULES, default="snr",
        help="snr: films of low quality tier among the --exclude-share with the lowest signal-to-noise ratio are "
        "excluded when they come up for a verdict; none (default %(default)s)",
    )  # fmt: skip
    add("--exclude-share", type=float, default=0.02, help="share of the pool, 0..1 (default %(default)s)")
    add("--noise", type=float, default=0.0, help="standard deviation of misjudged DSC (default %(default)s)")


def _costs(parser: ArgumentParser) -> None:
    group = parser.add_argument_group(
        "time model", "Seconds of one person for one act; see annotation/simulation/costs.py for the sources."
    )
    known = Costs()
    for name, source in SOURCES.items():
        text = f"{source} (default %(default)s)"
        group.add_argument(f"--seconds-{name}", type=float, default=getattr(known, name), help=text)
    group.add_argument(
        "--redraw-below", type=float, default=known.redraw_below,
        help="a start with a DSC as low as this takes as long as drawing anew; an assumption (default %(default)s)",
    )  # fmt: skip


def _checks(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("checks of the reviewers", "All are off unless they are asked for.")
    add, known = group.add_argument, Checks()
    add(
        "--double-read-fraction", type=float, default=known.double_read_fraction,
        help="share of stage II's films that two annotators judge (default %(default)s)",
    )  # fmt: skip
    add(
        "--double-correct-fraction", type=float, default=known.double_correct_fraction,
        help="share of these that two correct where both reject; an MD picks where they differ (default %(default)s)",
    )  # fmt: skip
    add(
        "--repeat-fraction", type=float, default=known.repeat_fraction,
        help="share of stage III's films that come back to the same annotator, 0 to 0.5 (default %(default)s)",
    )  # fmt: skip
    add(
        "--repeat-gap", type=int, default=known.repeat_gap,
        help="how many other films he chooses on in between, at least (default %(default)s)",
    )  # fmt: skip


def _drawings(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("drawings", "Of protocols that begin with films drawn from nothing.")
    add, known = group.add_argument, Drawings()
    add("--draw-count", type=int, default=known.draw_count, help="films that are drawn first (default %(default)s)")
    add("--draw-dsc", type=float, default=known.draw_dsc, help="DSC where a drawing ends (default %(default)s)")
    add(
        "--draw-spread", type=float, default=known.draw_spread,
        help="standard deviation of that DSC over films and hands (default %(default)s)",
    )  # fmt: skip
    own = "(default: the protocol's)"
    add("--folds", type=int, help=f"folds of the networks that compete with drawings {own}")
    add("--satisfied-below", type=float, help=f"the rounds end when at most this share is denied {own}")
    add("--most-rounds", type=int, help=f"rounds of choices at most {own}")
