"""Journals against the database: every act once, no task with two people, exact totals, no lease left over.

``python -m benchmarks.crowd.check JOURNALS PROJECT LEASE_SECONDS``, in the environment of the installation. It may be
asked at any later time, as long as nobody else has worked in the project.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.crowd.acts import pixels_digest
from benchmarks.crowd.films import check_films, mask_hw
from benchmarks.crowd.journal import journals
from benchmarks.crowd.sent import Sent, overlaps, sent_by, sure_times

SWEEP_SECONDS = 90.0
"""How much later than its end a lease may still stand in the database, until the sweep comes by."""

Acts = dict[str, list[Any]]
"""Rows by kind of act."""


def check(folder: Path, slug: str, lease_seconds: float) -> list[str]:
    """All that is wrong, in words; prints what was compared."""
    from annotation.projects.models import Project
    from annotation.reviews.models import ALL_ACTS

    books = list(journals(folder))
    sent = {(who, key): one for who, lines in books for key, one in sent_by(who, lines).items()}
    project = Project.objects.get(slug=slug)
    acts: Acts = {
        kind: list(model.objects.filter(task__project=project).select_related("actor", "task"))
        for kind, model in ALL_ACTS.items()
    }
    rows = sum(map(len, acts.values()))
    print(f"{len(books)} journals with {len(sent):,} acts; {rows:,} rows in the database")
    found = [problem for one in sent.values() for problem in one.problems()]
    found += check_acts(sent, acts)
    found += check_drawings(sent, acts)
    found += check_holders(books)
    found += check_totals(sent, acts, project)
    found += check_films(project, acts)
    found += check_leases(project, lease_seconds)
    return found


def check_acts(sent: Mapping[tuple[str, str], Sent], acts: Acts) -> list[str]:
    """Each act that was answered is one row that says what was said; each row is an act that somebody sent."""
    found = []
    kept = defaultdict(list)
    for rows in acts.values():
        for row in rows:
            kept[row.actor.username, row.idempotency_key].append(row)
    found += [f"nobody sent row {rows[0].pk} of {who[0]}" for who, rows in kept.items() if who not in sent]
    for who, one in sent.items():
        rows = kept.get(who, [])
        if len(rows) > 1:
            found.append(f"{one} counts {len(rows)} times")
        elif one.receipts and not rows:
            found.append(f"{one} was answered and is lost")
        elif rows and not one.receipts and not one.lost:
            found.append(f"{one} was refused ({one.refusals[-1]}) and is there")
        for row in rows:
            told = one.receipts[0] if one.receipts and one.act != "undo" else None
            is_so = (str(row.task_id), row.decision) == (one.task, one.decision)
            is_told = told is None or (str(row.pk), row.counts) == (told["id"], told["counts"])
            if not (is_so and is_told and abs(row.active_seconds - one.seconds) < 1e-6):
                found.append(f"{one} stands as another act in row {row.pk}")
    return found


def check_drawings(sent: Mapping[tuple[str, str], Sent], acts: Acts) -> list[str]:
    """Each mask that was drawn lies in storage, pixel by pixel."""
    drawn = [row for rows in acts.values() for row in rows if getattr(row, "result_id", None)]
    found = []
    for row in drawn:
        one = sent.get((row.actor.username, row.idempotency_key))
        if one is not None and pixels_digest(mask_hw(row.result_id)) != one.pixels:
            found.append(f"{one} has another mask in storage than was drawn")
    print(f"{len(drawn):,} drawn masks compared pixel by pixel")
    return found


def check_holders(books: list[tuple[str, list[dict[str, Any]]]]) -> list[str]:
    """Nobody had a task that was surely another's."""
    times: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for who, lines in books:
        for task, spans in sure_times(lines).items():
            times[task] += [(begin, end, who) for begin, end in spans]
    shared = sum(len({who for _, _, who in spans}) > 1 for spans in times.values())
    print(f"{len(times):,} tasks were held, {shared} of them by one person after another")
    return [f"task {task} was with two: {words}" for task, spans in times.items() for words in overlaps(spans)]


def check_totals(sent: Mapping[tuple[str, str], Sent], acts: Acts, project: Any) -> list[str]:
    """Acts by person, kind, decision and whether they count; and the figures that the platform itself shows."""
    from annotation.rounds.selectors.effort import effort_by_batch

    ours: Counter[Any] = Counter()
    theirs: Counter[Any] = Counter()
    kinds = {str(row.task_id): row.task.kind for rows in acts.values() for row in rows}
    unsure = {key for key, one in sent.items() if not one.receipts and one.lost}
    worked: Counter[str] = Counter()
    for key, one in sent.items():
        if one.receipts and key not in unsure:
            counts = one.act == "undo" or one.receipts[0]["counts"]
            ours[one.who, kinds.get(one.task), one.decision, counts] += 1
    for rows in acts.values():
        for row in rows:
            if (row.actor.username, row.idempotency_key) not in unsure:
                theirs[row.actor.username, row.task.kind, row.decision, row.counts] += 1
            if row.decision != "withdrawn":
                worked["acts"] += 1
                worked["seconds"] += row.active_seconds
    found = [f"{key}: {ours[key]} answered, {theirs[key]} kept" for key in ours | theirs if ours[key] != theirs[key]]
    effort = effort_by_batch(project)
    parts = [*(sum(one["seconds_by_kind"].values()) + one["probe_seconds"] + one["repeat_seconds"] for one in effort)]
    if sum(one["acts"] for one in effort) != worked["acts"] or abs(sum(parts) - worked["seconds"]) > 1e-3:
        found.append(f"the project's page counts other acts or seconds than there are: {worked}")
    by_kind: Counter[Any] = Counter()
    for (_, kind, decision, counts), times in theirs.items():
        by_kind[kind, decision if counts else f"{decision} (opinion)"] += times
    print("; ".join(f"{kind} {decision} {times:,}" for (kind, decision), times in sorted(by_kind.items())))
    return found


def check_leases(project: Any, lease_seconds: float) -> list[str]:
    """All leases end by themselves."""
    from annotation.reviews.models import ReviewTask

    held = ReviewTask.objects.filter(project=project, state="open", lease_holder__isnull=False)
    begun, deadline = held.count(), time.monotonic() + lease_seconds + SWEEP_SECONDS
    while held.exists() and time.monotonic() < deadline:
        time.sleep(1)
    print(f"{begun} leases stood at the end, {held.count()} stand now")
    return [f"task {task.pk} is still with {task.lease_holder}" for task in held]


def main() -> int:
    """Command line."""
    import django

    django.setup()
    folder, slug, lease_seconds = sys.argv[1:]
    found = check(Path(folder), slug, float(lease_seconds))
    for problem in found[:50]:
        print(f"WRONG {problem}")
    print("nothing is lost, doubled or with two people" if not found else f"{len(found)} things are wrong")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
