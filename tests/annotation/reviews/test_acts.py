"""What follows from each act."""

from __future__ import annotations

import pytest

from annotation.common.errors import Conflict, InvalidInput
from annotation.images.models import ImageState
from annotation.masks.models import MaskKind
from annotation.masks.services import mask_read
from annotation.reviews.models import ReviewTask, TaskKind, TaskState
from annotation.reviews.services import (
    act_withdraw,
    adjudication_submit,
    correction_submit,
    selection_submit,
    verification_submit,
)
from annotation.rounds.models import RepositoryEntry
from tests.annotation.reviews.world import World, drawing, new_key, submission, verdict


def truth(task: ReviewTask) -> RepositoryEntry | None:
    return RepositoryEntry.objects.filter(project_image=task.project_image_id, superseded_at__isnull=True).first()


def state(task: ReviewTask) -> str:
    task.project_image.refresh_from_db()
    return task.project_image.state


def test_an_accepted_proposal_becomes_the_films_truth(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    assert verdict(world.annotator, task, "accept").counts
    entry = truth(task)
    assert entry is not None
    assert (entry.mask_id, entry.provenance, state(task)) == (task.proposal_id, "accepted", ImageState.SETTLED)


def test_a_rejected_proposal_is_corrected_by_the_same_person_at_film_resolution(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    follow = verdict(world.annotator, task, "reject").follow_up
    assert follow is not None
    assert (follow.kind, follow.lease_holder) == (TaskKind.CORRECTION, world.annotator)
    assert not world.lease(world.annotators[1]), "the correction is its rejecter's"
    result = correction_submit(submission=submission(world.annotator, follow), png=drawing())
    entry = truth(task)
    assert entry is not None
    assert entry.provenance == "corrected"
    assert not mask_read(entry.mask)[:20].any()
    assert list(entry.mask.parents.all()) == [task.proposal]
    assert result.act.changed_pixels > 0  # type: ignore[attr-defined]
    assert 0 < result.act.dsc_with_start < 1  # type: ignore[attr-defined]


def test_unsure_goes_to_an_md_whose_advice_reaches_a_corrector(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "unsure", "is this the heart?")
    assert truth(task) is None
    (asked,) = world.lease(world.physician)
    assert asked.kind == TaskKind.ADJUDICATION
    adjudication_submit(
        submission=submission(world.physician, asked), decision="advise", comment="leave it out",
        marks=[[[1, 2], [3, 4]]],
    )  # fmt: skip
    (follow,) = world.lease(world.annotators[1])
    assert (follow.kind, follow.parent_id) == (TaskKind.CORRECTION, asked.pk)
    correction_submit(submission=submission(world.annotators[1], follow), png=drawing())
    assert state(task) == ImageState.SETTLED


@pytest.mark.parametrize(
    ("decision", "provenance", "after"),
    [("accept", "adjudicated", "settled"), ("draw", "drawn", "settled"), ("exclude", None, "excluded")],
)
def test_an_md_settles_an_unsure_film(world: World, decision: str, provenance: str | None, after: str) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "unsure")
    (asked,) = world.lease(world.physician)
    png = drawing() if decision == "draw" else None
    adjudication_submit(
        submission=submission(world.physician, asked), decision=decision, comment="no lungs on it", png=png
    )
    entry = truth(task)
    assert (entry.provenance if entry else None, state(task)) == (provenance, after)


def test_an_md_who_refers_is_not_asked_again_and_the_last_md_cannot_refer(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "unsure")
    (asked,) = world.lease(world.physician)
    adjudication_submit(submission=submission(world.physician, asked), decision="refer")
    assert not world.lease(world.physician)
    (again,) = world.lease(world.other_physician)
    with pytest.raises(Conflict, match="no other MD"):
        adjudication_submit(submission=submission(world.other_physician, again), decision="refer")
    adjudication_submit(submission=submission(world.other_physician, again), decision="accept")
    assert state(task) == ImageState.SETTLED


def test_an_excluded_film_leaves_with_its_reason_and_without_one_it_stays(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    with pytest.raises(InvalidInput) as refused:
        verdict(world.annotator, task, "exclude", "  ")
    assert refused.value.field == "comment"
    verdict(world.annotator, task, "exclude", "lateral view")
    assert (state(task), task.project_image.exclusion_reason) == (ImageState.EXCLUDED, "lateral view")
    assert truth(task) is None


def test_readers_who_disagree_leave_the_film_to_an_md(world: World) -> None:
    world.verdicts(replicas=2)
    (first,) = world.lease(world.annotators[0])
    (second,) = world.lease(world.annotators[1])
    assert first.project_image_id == second.project_image_id
    assert first.pk != second.pk
    verdict(world.annotators[0], first, "accept")
    assert truth(first) is None, "one reading of two settles nothing"
    verdict(world.annotators[1], second, "reject")
    (asked,) = world.lease(world.physician)
    assert asked.kind == TaskKind.ADJUDICATION
    assert truth(first) is None


def test_two_readers_who_accept_settle_the_film_once(world: World) -> None:
    world.verdicts(replicas=2)
    for person in world.annotators:
        (task,) = world.lease(person)
        verdict(person, task, "accept")
    assert RepositoryEntry.objects.filter(project_image=task.project_image_id).count() == 1


def test_nobody_is_given_both_readings_of_a_film(world: World) -> None:
    world.verdicts(count=3, replicas=2)
    films = [task.project_image_id for task in world.lease(world.annotator, count=6)]
    assert len(films) == len(set(films)) == 3


def test_a_second_reading_by_the_same_person_is_kept_as_an_opinion(world: World) -> None:
    first, second = world.verdicts(replicas=2)
    world.lease(world.annotator)
    verdict(world.annotator, first, "accept")
    result = verdict(world.annotator, second, "accept")
    second.refresh_from_db()
    assert (result.counts, second.state, second.lease_holder) == (False, TaskState.OPEN, None)
    assert truth(first) is None


def test_a_pick_credits_its_whole_tie_group(world: World) -> None:
    world.selections(shifts=(0, 0, 4))
    (task,) = world.lease(world.annotator)
    tied = {c.position: c for c in task.candidates.all() if c.tie_group == 0}
    result = selection_submit(submission=submission(world.annotator, task), decision="pick", position=min(tied))
    assert sorted(str(c.mask_id) for c in tied.values()) == result.act.credited  # type: ignore[attr-defined]
    assert len(tied) == 2
    entry = truth(task)
    assert entry is not None
    assert entry.provenance == "picked"


def test_a_denied_film_waits_for_the_next_round(world: World) -> None:
    world.selections()
    (task,) = world.lease(world.annotator)
    selection_submit(submission=submission(world.annotator, task), decision="deny")
    assert (state(task), truth(task)) == (ImageState.DENIED, None)


def test_a_position_that_is_not_shown_is_refused(world: World) -> None:
    world.selections()
    (task,) = world.lease(world.annotator)
    with pytest.raises(InvalidInput) as refused:
        selection_submit(submission=submission(world.annotator, task), decision="pick", position=6)
    assert (refused.value.field, refused.value.remedy) == ("position", "use one of 0, 1, 2, 3, 4, 5")


@pytest.mark.parametrize(("decision", "changes"), [("confirm", False), ("correct", True)])
def test_a_verification_keeps_or_replaces_the_truth(world: World, decision: str, changes: bool) -> None:
    world.verifications()
    (task,) = world.lease(world.physician)
    png = drawing() if changes else None
    verification_submit(submission=submission(world.physician, task), decision=decision, png=png)
    entry = truth(task)
    assert entry is not None
    assert (entry.mask_id != task.proposal_id, entry.verified) == (changes, "corrected" if changes else "confirmed")
    assert entry.version == 2


@pytest.mark.parametrize("decision", ["accept", "reject", "exclude"])
def test_a_probe_never_changes_the_film_and_is_undone_without_a_trace_in_the_repository(
    world: World, decision: str
) -> None:
    (probe,) = world.probes()
    tasks = {task.is_probe: task for task in world.lease(world.annotator, count=2)}
    verdict(world.annotator, tasks[False], "accept")
    result = verdict(world.annotator, tasks[True], decision, "why")
    assert result.follow_up is None
    act_withdraw(actor=world.annotator, task_id=probe.pk, idempotency_key=new_key())
    entries = RepositoryEntry.objects.filter(project_image=probe.project_image_id)
    assert [entry.superseded_at for entry in entries] == [None]
    assert entries[0].mask.kind == MaskKind.CANDIDATE
    assert state(tasks[False]) == ImageState.SETTLED


def test_an_undone_accept_leaves_the_repository_and_the_task_is_mine_again(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "accept")
    key = new_key()
    again = act_withdraw(actor=world.annotator, task_id=task.pk, idempotency_key=key)
    assert (again.state, again.lease_holder, state(task)) == (TaskState.OPEN, world.annotator, ImageState.CHOSEN)
    assert truth(task) is None
    act_withdraw(actor=world.annotator, task_id=task.pk, idempotency_key=key)
    assert task.verdicts.count() == 2, "the same undo sent twice is one row"
    verdict(world.annotator, again, "exclude", "rotated")
    assert state(task) == ImageState.EXCLUDED


def test_an_undone_reject_cancels_its_correction_but_not_a_done_one(world: World) -> None:
    world.verdicts(count=2)
    first, second = world.lease(world.annotator, count=2)
    follow = verdict(world.annotator, first, "reject").follow_up
    act_withdraw(actor=world.annotator, task_id=first.pk, idempotency_key=new_key())
    assert follow is not None
    follow.refresh_from_db()
    assert follow.state == TaskState.CANCELLED
    follow = verdict(world.annotator, second, "reject").follow_up
    assert follow is not None
    correction_submit(submission=submission(world.annotator, follow), png=drawing())
    with pytest.raises(Conflict) as refused:
        act_withdraw(actor=world.annotator, task_id=second.pk, idempotency_key=new_key())
    assert refused.value.code == "followed_up"
    assert truth(second) is not None


def test_an_undone_correction_takes_the_drawing_out_of_the_repository(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    follow = verdict(world.annotator, task, "reject").follow_up
    assert follow is not None
    correction_submit(submission=submission(world.annotator, follow), png=drawing())
    act_withdraw(actor=world.annotator, task_id=follow.pk, idempotency_key=new_key())
    assert truth(task) is None
    act_withdraw(actor=world.annotator, task_id=task.pk, idempotency_key=new_key())
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "accept")
    entry = truth(task)
    assert entry is not None
    assert (entry.provenance, entry.version) == ("accepted", 2)


def test_an_undone_verification_brings_the_mask_back_that_was_verified(world: World) -> None:
    world.verifications()
    (task,) = world.lease(world.physician)
    verification_submit(submission=submission(world.physician, task), decision="correct", png=drawing())
    act_withdraw(actor=world.physician, task_id=task.pk, idempotency_key=new_key())
    entry = truth(task)
    assert entry is not None
    assert (entry.mask_id, entry.verified, entry.provenance) == (task.proposal_id, "", "accepted")


def test_nothing_is_undone_in_a_closed_batch_or_for_somebody_else(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "accept")
    with pytest.raises(Conflict) as refused:
        act_withdraw(actor=world.annotators[1], task_id=task.pk, idempotency_key=new_key())
    assert refused.value.code == "nothing_to_undo"
    world.batch.state = "closed"
    world.batch.save()
    with pytest.raises(Conflict) as refused:
        act_withdraw(actor=world.annotator, task_id=task.pk, idempotency_key=new_key())
    assert refused.value.code == "batch_closed"
    assert truth(task) is not None


def test_an_exclusion_by_the_md_needs_its_reason(world: World) -> None:
    world.verdicts()
    (task,) = world.lease(world.annotator)
    verdict(world.annotator, task, "unsure")
    (asked,) = world.lease(world.physician)
    with pytest.raises(InvalidInput):
        adjudication_submit(submission=submission(world.physician, asked), decision="exclude")
