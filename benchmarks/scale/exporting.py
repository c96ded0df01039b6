"""Freeze and export a world whose films all have their mask: seconds, and memory above idle.

Run by ``python -m benchmarks.scale`` in a process of its own, on a copy of the built database. Films without truth get
one as a pick would give it: rows of the repository alone, as export reads nothing else of the choice.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import shutil
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.scale.world import SLUG, World


def settle(films: int) -> int:
    """Give films their first candidate as truth, until so many of the pool have one; returns how many have."""
    from annotation.images.models import ImageState, ProjectImage
    from annotation.masks.models import Mask
    from annotation.projects.models import Project
    from annotation.rounds.models import Provenance, RepositoryEntry, Round

    project = Project.objects.get(slug=SLUG)
    round_ = Round.objects.filter(project=project, name="III").get()
    pool = ProjectImage.objects.filter(project=project, role="pool")
    settled = pool.filter(state=ImageState.SETTLED).count()
    chosen = dict(
        pool.filter(state=ImageState.CHOSEN).order_by("pk").values_list("image_id", "pk")[: max(0, films - settled)]
    )
    candidates = (
        Mask.objects.filter(project=project, kind="candidate", job__steps__round=round_)
        .order_by("image_id", "pk")
        .distinct("image_id")
        .values_list("image_id", "pk")
    )
    rows = [
        RepositoryEntry(
            project=project, project_image_id=chosen[image], mask_id=mask, provenance=Provenance.PICKED, version=1,
            round_number=round_.number,
        )
        for image, mask in candidates
        if image in chosen
    ]  # fmt: skip
    RepositoryEntry.objects.bulk_create(rows, batch_size=2000)
    pool.filter(pk__in=chosen.values()).update(state=ImageState.SETTLED)
    return settled + len(rows)


def resident() -> int:
    """Bytes of this process now."""
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * resource.getpagesize()


class Peak(threading.Thread):
    """The most memory that this process had while it ran, looked at fifty times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.idle = resident()
        self.most = self.idle
        self._ended = threading.Event()

    def __enter__(self) -> Peak:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        while not self._ended.wait(0.02):
            self.most = max(self.most, resident())

    @property
    def above(self) -> int:
        """Bytes above idle."""
        return self.most - self.idle


def export(world: World, films: int, *, to_folder: bool) -> dict[str, Any]:
    """Settle, freeze, write: as a ZIP that is thrown away while it is read, or into a folder that is removed."""
    from annotation.exports.services import dataset_freeze, dataset_write, dataset_zip
    from annotation.projects.models import Project

    settled = settle(films)
    project = Project.objects.get(slug=SLUG)
    gc.collect()
    with Peak() as peak:
        started = time.perf_counter()
        version = dataset_freeze(projects=[project], actor=None)
        frozen = time.perf_counter()
        freezing_peak = peak.above
        size = 0
        if to_folder:
            out = world.place / "export"
            shutil.rmtree(out, ignore_errors=True)
            dataset_write(version, out)
        else:
            for data in dataset_zip(version):
                size += len(data)
        written = time.perf_counter()
    if to_folder:
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        shutil.rmtree(out)
    return {
        "films": settled, "masks": version.summary["masks"], "as": "folder" if to_folder else "zip", "bytes": size,
        "freeze_seconds": frozen - started, "write_seconds": written - frozen, "idle_bytes": peak.idle,
        "freeze_above_idle": freezing_peak, "above_idle": peak.above,
    }  # fmt: skip


def main() -> None:
    """Command line; prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("films", type=int)
    parser.add_argument("server")
    parser.add_argument("database", help="name of the copy")
    parser.add_argument("--settled", type=int, required=True, help="films that have their mask")
    parser.add_argument("--to-folder", action="store_true")
    args = parser.parse_args()
    world = World(args.folder, args.films, args.server)
    world.enter(args.database)
    print(json.dumps(export(world, args.settled, to_folder=args.to_folder)))


if __name__ == "__main__":
    main()
