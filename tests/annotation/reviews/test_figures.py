"""Figures on reviewers, against films counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.masks.models import MaskKind
from annotation.masks.services import mask_read
from annotation.projects.models import Role
from annotation.reviews.models import BatchState, Edit, ReviewTask, Selection, TaskKind
from annotation.reviews.selectors import (
    correction_agreement,
    position_bias,
    probe_misses,
    selection_agreement,
    verdict_agreement,
)
from annotation.reviews.services import act_withdraw, correction_submit, selection_submit, verification_submit
from annotation.rounds.repository import truth_set
from mlbackend.metrics import dice
from tests.annotation.reviews.world import World, drawing, new_key, submission, verdict
from tests.factories import MaskFactory, MembershipFactory, ReviewTaskFactory, member

Client = Callable[[Any], Any]


def read(world: World, said: list[str]) -> None:
    """Each word is one film's two verdicts by initials: ``ar`` is accept by the first reader, reject by the second."""
    words = {"a": "accept", "r": "reject", "u": "unsure", "e": "exclude"}
    tasks = {}
    for task in world.verdicts(count=len(said), replicas=2):
        tasks.setdefault(task.project_image_id, []).append(task)
    for film, letters in zip(tasks.values(), said, strict=True):
        for task, letter, person in zip(film, letters, world.annotators, strict=True):
            verdict(person, task, words[letter], comment="blurred")


def test_four_films_read_twice_agree_as_counted_by_hand(world: World) -> None:
    # Agreement 3/4. The readers say accept 2/4 and 3/4: chance 2/4*3/4 + 2/4*1/4 = 1/2; kappa (3/4-1/2)/(1/2) = 1/2.
    read(world, ["aa", "aa", "rr", "ra"])
    verdict(world.annotator, world.verdicts()[0], "accept")
    found = verdict_agreement(world.project)
    assert (found["read"], found["read_by_more"]["count"], found["read_by_more"]["share"]) == (5, 4, 0.8)
    assert (found["films"], found["agreement"], found["kappa"], found["low"]) == (4, 0.75, 0.5, None)
    (pair,) = found["pairs"]
    assert pair["reviewers"] == sorted(person.pseudonym for person in world.annotators)
    assert pair["kappa"] == 0.5
    (fleiss,) = found["fleiss"]
    # Shares 5/8 and 3/8, chance 34/64: (48/64 - 34/64) / (30/64) = 14/30.
    assert (fleiss["readers"], fleiss["films"], fleiss["kappa"]) == (2, 4, pytest.approx(14 / 30))
    assert [one["decision"] for one in fleiss["categories"]] == ["accept", "reject"]
    assert fleiss["categories"][0]["agreement"] == pytest.approx(4 / 5), "4 of 5 accepts met another accept"


def test_withdrawn_verdicts_and_probes_are_no_readings(world: World) -> None:
    read(world, ["aa"])
    for task in world.probes(count=1):
        verdict(world.annotator, task, "accept")
    (alone,) = world.verdicts()
    verdict(world.annotator, alone, "accept")
    act_withdraw(actor=world.annotator, task_id=alone.pk, idempotency_key=new_key())
    found = verdict_agreement(world.project)
    assert (found["read"], found["films"]) == (1, 1)


def test_corrections_of_two_people_are_compared_by_their_pixels(world: World) -> None:
    (task,) = world.verdicts()
    verdict(world.annotator, task, "reject")
    correction = ReviewTask.objects.get(kind=TaskKind.CORRECTION)
    for person, rows in zip(world.annotators, (10, 24), strict=True):
        correction_submit(submission=submission(person, correction), png=drawing(rows))
    one, other = (mask_read(edit.result) for edit in Edit.objects.order_by("created_at") if edit.result)
    found = correction_agreement(world.project)
    same = pytest.approx(dice(one, other))
    summary = {"pairs": 1, "q1": same, "median": same, "q3": same, "lowest": same}
    people = sorted(person.pseudonym for person in world.annotators)
    assert found["independent"] == {
        **summary, "left_out": 0, "asked": 0, "sent_to_md": 0, "people": [{"reviewers": people, **summary}],
    }  # fmt: skip
    assert 0 < found["independent"]["median"] < 1
    assert found["in_sequence"] == {"pairs": 0, "q1": None, "median": None, "q3": None, "lowest": None}


def test_an_mds_correction_of_a_drawn_mask_is_told_apart(world: World) -> None:
    drawn, machine = world.films(2)
    tasks = []
    for film, mask in ((drawn, MaskFactory(project=world.project, image=drawn.image, kind=MaskKind.CORRECTION)),
                       (machine, world.proposal(machine))):  # fmt: skip
        truth_set(project_image=film, mask=mask, provenance="accepted", round_number=0)
        tasks.append(ReviewTaskFactory(batch=world.batch, project_image=film, kind=TaskKind.VERIFICATION,
                                       role=Role.PHYSICIAN, proposal=mask))  # fmt: skip
    for task in tasks:
        verification_submit(submission=submission(world.physician, task), decision="correct", png=drawing(16))
    found = correction_agreement(world.project)["in_sequence"]
    assert (found["pairs"], 0 < found["lowest"] < 1) == (1, True)


def picks(world: World, count: int, positions: list[int], **options: Any) -> None:
    for task, position in zip(world.selections(count=count, **options), positions, strict=True):
        selection_submit(submission=submission(world.annotator, task), decision="pick", position=position)


def test_picks_are_counted_by_the_place_where_they_were_shown(world: World) -> None:
    picks(world, 4, [0, 0, 3, 5])
    found = position_bias(world.project)
    (six,) = found["by_panes"]
    assert (found["picks"], found["tied"], six["panes"]) == (4, 0, 6)
    assert six["observed"] == [2, 0, 0, 1, 0, 1]
    assert six["expected"] == pytest.approx([4 / 6] * 6)
    # (2-2/3)^2 + 2 (1-2/3)^2 + 3 (2/3)^2, over 2/3.
    assert six["chi_square"] == pytest.approx((16 / 9 + 2 / 9 + 12 / 9) / (6 / 9))
    assert (six["df"], six["p"], six["needed"]) == (5, None, 30)
    assert [row["reviewer"] for row in found["reviewers"]] == [world.annotator.pseudonym]


def test_a_tie_group_is_one_pane_at_the_place_of_its_first_member(world: World) -> None:
    # The first two networks draw the same: five panes.
    (task,) = world.selections(count=1, shifts=(0, 0, 4, 6, 8, 10))
    order = list(task.candidates.order_by("position"))
    groups = list(dict.fromkeys(candidate.tie_group for candidate in order))
    last = order[-1]
    selection_submit(submission=submission(world.annotator, task), decision="pick", position=last.position)
    found = position_bias(world.project)
    (five,) = found["by_panes"]
    assert (found["tied"], five["panes"]) == (1, 5)
    assert five["observed"][groups.index(last.tie_group)] == 1
    assert sum(five["expected"]) == pytest.approx(1)
    assert not np.allclose(five["expected"], 1 / 5), "a pair comes early by chance"


def test_readers_of_one_choice_agree_where_they_picked_the_same_masks(world: World) -> None:
    tasks: dict[Any, list[ReviewTask]] = {}
    for task in world.selections(count=3, replicas=2):
        tasks.setdefault(task.project_image_id, []).append(task)
    same, other, denied = tasks.values()
    for task, person in zip(same, world.annotators, strict=True):
        place = task.candidates.get(mask__model_version__encoder="secret2").position
        selection_submit(submission=submission(person, task), decision="pick", position=place)
    for task, person, encoder in zip(other, world.annotators, ("secret1", "secret4"), strict=True):
        place = task.candidates.get(mask__model_version__encoder=encoder).position
        selection_submit(submission=submission(person, task), decision="pick", position=place)
    for task, person in zip(denied, world.annotators, strict=True):
        selection_submit(submission=submission(person, task), decision="deny")
    dispute = ReviewTask.objects.get(kind=TaskKind.SELECTION, role=Role.PHYSICIAN)
    selection_submit(submission=submission(world.physician, dispute), decision="pick", position=0)
    found = selection_agreement(world.project)
    assert (found["count"], found["of"]) == (2, 3)
    assert found["low"] < 2 / 3 < found["high"]
    assert Selection.objects.count() == 7


def test_misses_are_counted_by_reviewer_and_by_fault_with_the_time_they_took(world: World) -> None:
    probes = world.probes(count=4)
    for task, said in zip(probes, ["accept", "reject", "reject", "unsure"], strict=True):
        verdict(world.annotator, task, said)
    verdict(world.annotators[1], ReviewTask.objects.filter(is_probe=False)[0], "accept")
    found = probe_misses(world.project, closed_only=False)
    (one,) = found["reviewers"]
    assert (one["reviewer"], one["count"], one["of"], one["share"]) == (world.annotator.pseudonym, 1, 4, 0.25)
    assert (one["seconds"], one["other_seconds"]) == (2.0, None)
    assert (found["all"]["count"], found["all"]["of"]) == (1, 4)
    assert sum(fault["of"] for fault in found["faults"]) == 4
    missed = probes[0].proposal
    assert missed is not None
    assert [f["fault"] for f in found["faults"] if f["count"]] == [missed.note["broken"]]


def test_who_reviews_learns_of_probes_when_their_batch_is_closed(world: World, api_as: Client) -> None:
    both = member(world.project, Role.ANNOTATOR)
    MembershipFactory(project=world.project, user=both, role=Role.RESEARCHER)
    for task in world.probes(count=1):
        verdict(both, task, "accept")
    url = f"/api/projects/{world.project.slug}/agreement"
    assert api_as(world.researcher).get(url).json()["probes"]["all"]["of"] == 1
    mine = api_as(both).get(url).json()["probes"]
    assert (mine["closed_batches_only"], mine["all"]["of"], mine["reviewers"]) == (True, 0, [])
    world.batch.state = BatchState.CLOSED
    world.batch.save()
    assert api_as(both).get(url).json()["probes"]["all"]["of"] == 1


def test_the_figures_name_no_task_and_no_film(world: World, api_as: Client) -> None:
    read(world, ["aa", "ar"])
    for task in world.probes(count=1):
        verdict(world.annotator, task, "accept")
    picks(world, 1, [2])
    text = api_as(world.admin).get(f"/api/projects/{world.project.slug}/agreement").content.decode()
    for task in ReviewTask.objects.select_related("project_image"):
        assert str(task.pk) not in text
        assert str(task.project_image_id) not in text
        assert str(task.project_image.image_id) not in text
    assert world.annotator.username not in text


def test_queries_do_not_grow_with_the_films(world: World, api_as: Client) -> None:
    client, url = api_as(world.researcher), f"/api/projects/{world.project.slug}/agreement"

    def asked() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as context:
            assert client.get(url).status_code == 200
        return len(context)

    def more(count: int) -> None:
        read(world, ["aa", "ar", "rr"] * count)
        for task in world.probes(count=count):
            verdict(world.annotator, task, "accept")
        picks(world, count, [0] * count)
        picks(world, count, [0] * count, shifts=(0, 0, 4, 6))

    more(1)
    before = asked()
    more(3)
    assert asked() == before
