"""The films of a run: rows of the manifest, parted by whole patients into seeds and pool."""

from __future__ import annotations

import csv
import os
import random
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from annotation.common.errors import InvalidInput
from annotation.projects.models import Convention, Target

Row = dict[str, str]

CONVENTIONS: dict[Target, tuple[Convention, ...]] = {
    Target.LUNG: (Convention.HEART_OUT, Convention.HEART_IN),
    Target.INFECTION: (Convention.INFECTION,),
}


@dataclass(frozen=True)
class Films:
    """Rows by role; ``columns`` are those of the manifest."""

    columns: list[str]
    seeds: list[Row]
    pool: list[Row]
    folder: Path
    """What the rows' paths are relative to."""


def read_films(manifest: Path, where: Sequence[str], target: str, seed_count: int, seed: int) -> Films:
    """Films whose row has a mask of the target. Raises InvalidInput where the manifest or its films do not suffice."""
    if not manifest.is_file():
        raise InvalidInput(
            f"no manifest at {manifest}", field="--manifest", value=str(manifest), remedy="give the path of a CSV file"
        )
    with manifest.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        columns, rows = list(reader.fieldnames or []), list(reader)
    mask = f"mask_{target}"
    for name in ("image", mask):
        if name not in columns:
            raise InvalidInput(
                f"the manifest has no column {name!r}", field=name, value=str(manifest),
                remedy=f"its columns are {', '.join(columns) or 'none'}; simulation needs image and {mask}",
            )  # fmt: skip
    for condition in where:
        column, equals, value = condition.partition("=")
        if not equals or column not in columns:
            raise InvalidInput(
                f"--where {condition!r} cannot be read", field="--where", value=condition,
                remedy=f"write COLUMN=VALUE with one of {', '.join(columns)}",
            )  # fmt: skip
        values = sorted({row[column] for row in rows})
        rows = [row for row in rows if row[column] == value]
        if not rows:
            shown = ", ".join(name or "(empty)" for name in values[:20])
            raise InvalidInput(
                f"no row has {condition}", field="--where", value=condition, remedy=f"use one of {shown}"
            )
    rows = [row for row in rows if row[mask]]
    if len(rows) <= seed_count:
        raise InvalidInput(
            f"{len(rows)} films have a mask, {seed_count} of them are to be seeds", field="--seed-count",
            value=seed_count, remedy="choose fewer seeds or more films",
        )  # fmt: skip
    seeds = choose_seeds(rows, seed_count, seed)
    chosen = {row["image"] for row in seeds}
    return Films(columns, seeds, [row for row in rows if row["image"] not in chosen], manifest.parent)


def convention_of(films: Films, target: str) -> tuple[str, str]:
    """What the rows say in their column ``convention``, else the target's first: lungs without the heart.

    The second value is ``manifest`` or ``assumed``.

    Raises InvalidInput where the rows differ: masks of two conventions cannot be pooled.
    """
    stated = sorted({row["convention"] for row in [*films.seeds, *films.pool] if row.get("convention")})
    if len(stated) > 1:
        raise InvalidInput(
            f"the films were drawn by different conventions: {', '.join(stated)}", field="convention",
            value=", ".join(stated), remedy="choose the films of one convention with --where convention=NAME",
        )  # fmt: skip
    if stated and target != Target.INFECTION:
        return stated[0], "manifest"
    return str(CONVENTIONS[Target(target)][0]), "assumed"


def patient_of(row: Row) -> str:
    """The row's patient; a film without one is a patient of its own."""
    return row.get("patient_id") or f"film:{row['image']}"


def choose_seeds(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    """About ``count`` rows by whole patients, with the classes' shares of all rows.

    Patients of a class (that of their first film) come in a seeded order; one is taken while its class lacks as many
    films as it brings. Where whole patients do not add up, the result is a few films short of ``count``; it never
    exceeds it.
    """
    patients: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        patients[patient_of(row)].append(row)
    classes: dict[str, list[str]] = defaultdict(list)
    for name in sorted(patients):
        classes[patients[name][0].get("label", "")].append(name)
    chosen: set[str] = set()
    shares = _shares({label: sum(len(patients[p]) for p in names) for label, names in classes.items()}, count)
    for label, names in sorted(classes.items()):
        random.Random(f"{seed}:seeds:{label}").shuffle(names)  # noqa: S311
        _take(names, patients, shares[label], chosen)
    left = [name for names in classes.values() for name in names if name not in chosen]
    random.Random(f"{seed}:seeds:rest").shuffle(left)  # noqa: S311
    _take(left, patients, count - sum(len(patients[name]) for name in chosen), chosen)
    return [row for row in rows if patient_of(row) in chosen]


def _take(names: Sequence[str], patients: dict[str, list[Row]], missing: int, chosen: set[str]) -> None:
    for name in names:
        if len(patients[name]) <= missing:
            chosen.add(name)
            missing -= len(patients[name])


def _shares(sizes: dict[str, int], count: int) -> dict[str, int]:
    """Largest remainders of ``count`` by size."""
    total = sum(sizes.values())
    exact = {name: count * size / total for name, size in sizes.items()}
    shares = {name: int(value) for name, value in exact.items()}
    for name in sorted(sizes, key=lambda name: (shares[name] - exact[name], name))[: count - sum(shares.values())]:
        shares[name] += 1
    return shares


def write_manifests(films: Films, folder: Path) -> tuple[Path, Path]:
    """``seeds.csv`` and ``pool.csv`` in the folder, beside the films that they name.

    The pool's has no mask column and its truth is not brought along: nobody can peep. Films are linked where the file
    system can, else copied, since a manifest's paths must stay inside its folder. A row whose file is missing or lies
    outside the manifest's folder goes in as it is, for the import to report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [name for name in films.columns if name == "image" or name.startswith("mask_")]
    open_columns = [name for name in films.columns if not name.startswith("mask_")]
    written = []
    for name, rows, columns in (("seeds.csv", films.seeds, films.columns), ("pool.csv", films.pool, open_columns)):
        for row in rows:
            for column in set(paths) & set(columns):
                _bring(films.folder, folder, row[column])
        path = folder / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        written.append(path)
    return written[0], written[1]


def _bring(source: Path, folder: Path, name: str) -> None:
    if not name:
        return
    origin, goal = (source / name).resolve(), (folder / name).resolve()
    inside = origin.is_relative_to(source.resolve()) and goal.is_relative_to(folder.resolve())
    if not inside or not origin.is_file() or goal.exists():
        return
    goal.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(origin, goal)
    except OSError:
        shutil.copyfile(origin, goal)
