"""Whether networks, and the two schemes, differ on the same films."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from mlbackend.benchmark.report.entries import DICE, TIMES, WORKING, Entry, Floats, film_row
from mlbackend.benchmark.report.inputs import Cell
from mlbackend.contracts import FilmScore
from mlbackend.metrics import holm, paired_permutations, wilcoxon_p
from mlbackend.metrics.on_sums import dices


def network_differences(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """For each task and scheme, all pairs of its networks: difference in DSC, p by swapping patients, and Holm's."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if entry.films:
            groups.setdefault((entry.task, entry.scheme), []).append(entry)
    return [
        {"task": task, "scheme": scheme, **_compare(members, [entry.name for entry in members])}
        for (task, scheme), members in groups.items()
        if len(members) > 1
    ]


def consecutive_differences(rows: Sequence[Sequence[Entry]]) -> list[list[Tested | None]]:
    """For each row of entries on the same films, each but the first less the one before it; None without films.

    Differences and p are as those between networks.
    """
    return [[_less(after, before) for before, after in pairwise(row)] for row in rows]


def _less(after: Entry, before: Entry) -> Tested | None:
    tested = _test([after, before]) if after.films and before.films else {}
    return tested.get((0, 1))


def scheme_differences(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """For each network that ran in both schemes: parallel less cascaded."""
    found: list[dict[str, Any]] = []
    by_network: dict[tuple[str, str], dict[str, Entry]] = {}
    for entry in entries:
        if entry.films:
            by_network.setdefault((entry.task, entry.name), {})[entry.scheme] = entry
    for (task, name), schemes in by_network.items():
        if len(schemes) == 2:
            pair = [schemes["parallel"], schemes["cascaded"]]
            compared = _compare(pair, ["parallel", "cascaded"])
            parallel, cascaded = compared["dsc"]
            both = {"task": task, "network": name, "parallel_dsc": parallel, "cascaded_dsc": cascaded}
            found += [both | tested for tested in compared["pairs"]]
    # One family of tests: each network is one more chance to find a difference between the schemes.
    for key in ("p", "wilcoxon_p"):
        for row, value in zip(found, holm([row[key] for row in found]), strict=True):
            row[f"{key}_holm"] = value
    return found


@dataclass(frozen=True)
class Tested:
    """Two networks on the films and folds that both have."""

    difference: float
    p: float
    wilcoxon_p: float
    films: int
    patients: int
    folds: list[int]


def _compare(members: Sequence[Entry], names: Sequence[str]) -> dict[str, Any]:
    """All pairs of ``members``; p after Holm counts all pairs of this group as one family."""
    places = list(combinations(range(len(members)), 2))
    if len({tuple(cell.key.fold for cell in entry.scored) for entry in members}) == 1:
        tested = _test(members)
    else:
        # Where folds are missing, each pair is compared on what the two have, not on what is common to all.
        tested = {}
        for i, j in places:
            if found := _test([members[i], members[j]]):
                tested[i, j] = found[0, 1]
    done = [pair for pair in places if pair in tested]
    adjusted = dict(zip(done, holm([tested[pair].p for pair in done]), strict=True))
    wilcoxon = dict(zip(done, holm([tested[pair].wilcoxon_p for pair in done]), strict=True))
    pairs = [
        {
            "first": names[i],
            "second": names[j],
            **asdict(tested[i, j]),
            "p_holm": adjusted[i, j],
            "wilcoxon_p_holm": wilcoxon[i, j],
        }
        for i, j in done
    ]
    dsc = [float(dices(entry.totals[None, WORKING])[0]) for entry in members]
    return {"networks": list(names), "dsc": dsc, "pairs": pairs}


def _test(members: Sequence[Entry]) -> dict[tuple[int, int], Tested]:
    """Each pair of ``members`` on the films and folds that all of them have; nothing where they have none."""
    keys = [{(cell.key.fold, film.sample_id) for cell in entry.scored for film in _films(cell)} for entry in members]
    common = set.intersection(*keys)
    if not common:
        return {}
    order = sorted({name for _, name in common})
    tables = [_table(entry, common, order) for entry in members]
    owner = {film.sample_id: film.patient for film in members[0].films}
    patients = [owner[name] for name in order]
    tested = paired_permutations(patients, [table[:, WORKING] for table in tables], dices, seed=members[0].seed)
    of_films = [table[:, DICE] / table[:, TIMES] for table in tables]
    folds = sorted({fold for fold, _ in common})
    return {
        (i, j): Tested(difference, p, wilcoxon_p(of_films[i], of_films[j]), len(order), len(set(patients)), folds)
        for (i, j), (difference, p) in tested.items()
    }


def _table(entry: Entry, common: set[tuple[int, str]], order: list[str]) -> Floats:
    place = {name: row for row, name in enumerate(order)}
    table = np.zeros((len(order), entry.counts.shape[1]))
    for cell in entry.scored:
        for film in _films(cell):
            if (cell.key.fold, film.sample_id) in common:
                table[place[film.sample_id]] += film_row(film)
    return table


def _films(cell: Cell) -> list[FilmScore]:
    return cell.films.films if cell.films else []
