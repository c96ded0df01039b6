"""Import: films with masks a second through ``manage.py import_images``, against decoding and encoding them alone.

The baseline reads film and mask with OpenCV and writes both as PNG, in one process, with no check, hash, quality
figure, duplicate search, database or fsync: what the files themselves cost.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2

ROOT = Path(__file__).resolve().parents[1]

SETUP = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from annotation.projects.models import Project
from annotation.projects.protocol import get_protocol
Project.objects.create(slug="bench", name="Bench", target="lung", convention="heart_out",
                       protocol=get_protocol("covid-qu").to_json())
"""


def plain(manifest: Path, out: Path) -> float:
    """Films a second of reading and writing alone."""
    rows = list(csv.DictReader(manifest.open()))
    started = time.perf_counter()
    for n, row in enumerate(rows):
        for column in ("image", "mask_lung"):
            pixels = cv2.imread(str(manifest.parent / row[column]), cv2.IMREAD_GRAYSCALE)
            cv2.imwrite(str(out / f"{column}-{n}.png"), pixels)
    return len(rows) / (time.perf_counter() - started)


def imported(manifest: Path, folder: Path) -> float:
    """Films a second of the command, with its start-up."""
    env = {
        **os.environ, "GROUNDWORK_DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
        "STORAGE_URL": f"file://{folder}/storage", "CELERY_BROKER_URL": f"filesystem://{folder}/broker",
        "DJANGO_SETTINGS_MODULE": "annotation.config.settings.embedded",
    }  # fmt: skip
    subprocess.run([sys.executable, "-c", SETUP], check=True, env=env, cwd=ROOT)
    command = [sys.executable, "manage.py", "import_images", str(manifest), "--project", "bench", "--role", "seed"]
    started = time.perf_counter()
    subprocess.run(command, check=True, env=env, cwd=ROOT, stdout=subprocess.DEVNULL)
    return len(list(csv.DictReader(manifest.open()))) / (time.perf_counter() - started)


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--turns", type=int, default=2)
    args = parser.parse_args(argv)
    base, own = [], []
    with tempfile.TemporaryDirectory(prefix="groundwork-bench-") as name:
        folder = Path(name)
        command = [
            "-m",
            "mlbackend.data.phantom",
            str(folder / "set"),
            "--count",
            str(args.films),
            "--size",
            str(args.size),
        ]
        subprocess.run([sys.executable, *command], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        manifest = folder / "set" / "manifest.csv"
        for turn in range(args.turns):
            out = folder / f"plain-{turn}"
            out.mkdir()
            base.append(plain(manifest, out))
            data = folder / f"data-{turn}"
            data.mkdir()
            own.append(imported(manifest, data))
    result = {"plain": statistics.median(base), "ours": statistics.median(own)}
    result["ratio"] = result["ours"] / result["plain"]
    print(
        f"  import {args.films} films of {args.size} px with masks: files alone {result['plain']:.0f}, "
        f"imported {result['ours']:.0f} images/s: x{result['ratio']:.2f}",
        flush=True,
    )
    return result


if __name__ == "__main__":
    main()
