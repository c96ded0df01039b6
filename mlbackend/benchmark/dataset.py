"""The films of a benchmark: an exported dataset version or a manifest, with whom each film must stay together."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mlbackend.benchmark.config import INFECTION
from mlbackend.benchmark.groups import join_groups, near_duplicates
from mlbackend.benchmark.labels import LabelHistory, LabelMask, hash_of, ordered, read_history
from mlbackend.benchmark.paths import check_files, path_of
from mlbackend.contracts import FINAL, LABELS_CSV, TASKS, Message
from mlbackend.data.manifest import ManifestError, read_rows
from mlbackend.data.reading import read_mask
from mlbackend.storage import DATA, FolderStorage, Storage

MANIFEST = "manifest.csv"
TEST = "test"
FIRST, SECOND = "first", "second"
"""``Film.part`` of a film without infection that one of the benchmark's two splits has alone."""
NEGATIVE = "negative"
"""``drawn_by`` of a film whose empty mask follows from its label."""


@dataclass(frozen=True)
class Film(Message):
    """One film of the manifest. Keys are paths below the dataset's folder, behind ``storage.DATA``."""

    film_id: str
    image_key: str
    masks: dict[str, str]
    """Mask key by task; an empty key is a mask without foreground."""
    drawn_by: dict[str, str]
    """How each mask came to be, where the dataset says so."""
    patient: str
    group: str
    """Films of one group stay together in every split: one patient's, and near duplicates."""
    label: str = ""
    source: str = ""
    split: str = ""
    """``train``, ``validation`` or ``test`` where the dataset says so."""
    infected: bool | None = None
    """Whether the infection mask has a pixel; None without such a mask."""
    part: str = ""
    """``first`` or ``second`` where the film is in the folds or in the second split alone; mostly empty: in both."""
    earlier: dict[str, dict[str, LabelMask]] = field(default_factory=dict)
    """By task and label set, where the dataset's label history was asked for: ``masks`` are the final ones."""

    def mask(self, task: str, label_set: str = FINAL) -> str:
        """Key of the film's mask in a label set; a mask that follows from the film's class is the same in all."""
        of_task = self.earlier.get(task)
        return self.masks[task] if label_set == FINAL or of_task is None else of_task[label_set].key


@dataclass(frozen=True)
class Dataset:
    """Films with what was found out about them."""

    storage: Storage
    """Holds films and masks by the manifest's paths; nothing is written there."""
    name: str
    films: list[Film]
    data_hash: str
    """Sha256 over the rows used: their files by sha256, patients, groups and splits."""
    joined: list[list[str]] = field(default_factory=list)
    """Near duplicates that were put into one group although their patients' names differ."""
    where: tuple[str, ...] = ()
    """Conditions that chose the rows."""
    negatives: list[str] = field(default_factory=list)
    """Labels whose films count as without infection."""
    second_negatives: list[str] = field(default_factory=list)
    """The same, in the second split."""
    history: LabelHistory | None = None
    """What the films' masks were on the way; None where only final ones were asked for."""
    label_hashes: dict[str, str] = field(default_factory=dict)
    """Sha256 over the masks of each earlier label set that was asked for."""


def open_dataset(path: Path, work: Path) -> Path:
    """The manifest of ``path``: a CSV file, an exported folder, or its ZIP, which is unpacked below ``work``.

    Raises ManifestError where there is none.
    """
    if path.suffix.lower() == ".zip" and path.is_file():
        return _unpacked(path, work)
    manifest = path / MANIFEST if path.is_dir() else path
    if not manifest.is_file():
        raise ManifestError(
            f"--data {path}: no manifest there; give an exported dataset's folder or ZIP, or a manifest CSV"
        )
    return manifest


def _unpacked(path: Path, work: Path) -> Path:
    stat = path.stat()
    folder = (
        work / f"data-{hashlib.sha256(f'{path.resolve()}:{stat.st_size}:{stat.st_mtime_ns}'.encode()).hexdigest()[:12]}"
    )
    if not folder.is_dir():
        part = folder.with_name(folder.name + ".part")
        try:
            with zipfile.ZipFile(path) as archive:
                archive.extractall(part)
        except zipfile.BadZipFile as error:
            raise ManifestError(f"--data {path}: the ZIP cannot be read ({error}); download it again") from error
        part.replace(folder)
    found = sorted(folder.glob(f"*/{MANIFEST}")) + sorted(folder.glob(MANIFEST))
    if len(found) != 1:
        raise ManifestError(f"--data {path}: {len(found)} files {MANIFEST} in it; an exported dataset has one")
    return found[0]


def check_paths(manifest: Path, where: Sequence[str] = ()) -> None:
    """Raise ManifestError where a row names a film or mask that is not there or outside the manifest's folder.

    Opens no film and loads no library, so that it can come before everything that takes long.
    """
    check_files(FolderStorage(manifest.parent), [_film(row, set(), set()) for row in read_rows(manifest, where)])


def load_dataset(
    manifest: Path,
    where: Sequence[str] = (),
    *,
    negatives: Sequence[str] = (),
    second_negatives: Sequence[str] = (),
    label_sets: Sequence[str] = (FINAL,),
    on_film: Callable[[int, int], None] = lambda done, total: None,
) -> Dataset:
    """Read the rows of a file and find out which films belong together; see ``read_dataset``."""
    storage = FolderStorage(manifest.parent)
    return read_dataset(
        read_rows(manifest, where),
        storage,
        manifest.resolve().parent.name,
        f"manifest {manifest}",
        tables=storage,
        where=where,
        negatives=negatives,
        second_negatives=second_negatives,
        label_sets=label_sets,
        on_film=on_film,
    )


def read_dataset(
    rows: Sequence[dict[str, str]],
    storage: Storage,
    name: str,
    told: str,
    *,
    tables: Storage,
    where: Sequence[str] = (),
    negatives: Sequence[str] = (),
    second_negatives: Sequence[str] = (),
    label_sets: Sequence[str] = (FINAL,),
    on_film: Callable[[int, int], None] = lambda done, total: None,
) -> Dataset:
    """The films of a manifest's rows, whose paths are keys of ``storage``. ``told`` names the manifest in errors.

    ``tables`` holds the label history's tables beside the manifest.

    A row without ``patient_id`` is a patient of its own. Where the dataset names split groups (an export does), these
    hold; else near duplicates are searched for among the films' pixels. ``negatives`` are labels, upper or lower case:
    their films without an infection mask count as without infection; ``second_negatives`` are those of the second
    split. ``label_sets`` other than ``final`` need the dataset's label history. Raises ManifestError where a file or
    that history is missing, a label occurs nowhere, or nothing is left to train on; ImageError where a film cannot be
    read.
    """
    history = read_history(tables, storage, label_sets)
    labels = _known_labels(rows, negatives, "--negatives")
    second = _known_labels(rows, second_negatives, "--second-negatives")
    films = [film for row in rows if (film := _film(row, labels, second)).masks]
    if not films:
        raise ManifestError(f"{told}: none of its {len(rows)} rows has a mask; give mask_lung or mask_infection")
    twice = [film_id for film_id, count in Counter(film.film_id for film in films).items() if count > 1]
    if twice:
        raise ManifestError(f"{told}: film {twice[0]!r} is listed more than once; list each film once")
    check_files(storage, films)
    films = [replace(film, infected=_infected(storage, film)) for film in films]
    joined: list[list[str]] = []
    if not all(row.get("split_group") for row in rows):
        keys = {film.film_id: path_of(film.image_key) for film in films}
        films, joined = join_groups(films, near_duplicates(list(keys), lambda one: storage.read(keys[one]), on_film))
    _check_splits(films)
    earlier_hashes = (
        {}
        if history is None
        else {label: hash_of(history.masks, label) for label in ordered(label_sets) if label != FINAL}
    )
    return Dataset(
        storage,
        name,
        [replace(film, earlier=_earlier(film, history)) for film in films],
        _hash(storage, films),
        joined,
        tuple(where),
        sorted(labels),
        sorted(second),
        history,
        earlier_hashes,
    )


def _earlier(film: Film, history: LabelHistory | None) -> dict[str, dict[str, LabelMask]]:
    if history is None:
        return {}
    found = {}
    for task in (task for task, key in film.masks.items() if key):
        if (film.film_id, task) not in history.masks:
            raise ManifestError(f"{LABELS_CSV} has no mask of {task} for film {film.film_id!r}; export again")
        found[task] = history.masks[film.film_id, task]
    return found


def _known_labels(rows: Iterable[dict[str, str]], wanted: Sequence[str], option: str) -> set[str]:
    found = {row.get("label", "") for row in rows} - {""}
    by_lower = {label.lower(): label for label in found}
    unknown = [label for label in wanted if label.lower() not in by_lower]
    if unknown:
        raise ManifestError(
            f"{option} {unknown[0]!r}: no row has this label; use one of {', '.join(map(repr, sorted(found)))}"
        )
    return {by_lower[label.lower()] for label in wanted}


def _part(label: str, negatives: set[str], second: set[str]) -> str:
    """Which split has a film of this label alone; where there is one split, or both have its films, none."""
    if not second or (label in negatives) == (label in second):
        return ""
    return SECOND if label in second else FIRST


def _film(row: dict[str, str], negatives: set[str], second: set[str]) -> Film:
    masks = {task: DATA + row[f"mask_{task}"] for task in TASKS if row.get(f"mask_{task}")}
    drawn_by = {task: row.get(f"provenance_{task}") or row.get("provenance") or "" for task in masks}
    if INFECTION not in masks and row.get("label") in negatives | second:
        masks[INFECTION], drawn_by[INFECTION] = "", NEGATIVE
    patient = row.get("patient_id") or f"film:{row['image']}"
    return Film(
        film_id=row.get("film_id") or row["image"],
        image_key=DATA + row["image"],
        masks=masks,
        drawn_by=drawn_by,
        patient=patient,
        group=row.get("split_group") or patient,
        label=row.get("label", ""),
        source=row.get("source") or row.get("set") or "",
        split=row.get("split", ""),
        part=_part(row.get("label", ""), negatives, second),
    )


def _infected(storage: Storage, film: Film) -> bool | None:
    key = film.masks.get(INFECTION)
    if key is None:
        return None
    return bool(key) and bool(read_mask(storage.read(path_of(key)), f"infection mask of {film.film_id!r}").any())


def _check_splits(films: Sequence[Film]) -> None:
    """No group may be tested and trained on, whoever drew the split."""
    used: dict[str, tuple[bool, str]] = {}
    for film in films:
        test, other = used.setdefault(film.group, (film.split == TEST, film.film_id))
        if test != (film.split == TEST):
            raise ManifestError(
                f"films {other!r} and {film.film_id!r} are of one patient or near duplicates, but only one of them is "
                "in the test split; put both on one side"
            )


def _hash(storage: Storage, films: Sequence[Film]) -> str:
    digest = hashlib.sha256()
    for film in sorted(films, key=lambda film: film.film_id):
        files = {"image": film.image_key, **film.masks}
        sums = {what: _sum(storage.read(path_of(key))) if key else "" for what, key in files.items()}
        line = [film.film_id, film.patient, film.group, film.label, film.source, film.split, sums]
        digest.update(json.dumps(line, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
