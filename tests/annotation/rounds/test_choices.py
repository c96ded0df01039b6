"""What a blind choice says of networks and drawings, in all and by person, with intervals."""

from __future__ import annotations

from typing import Any

import pytest

from annotation.accounts.models import User
from annotation.masks.models import MaskKind
from annotation.reviews.models import ReviewTask
from annotation.reviews.services import Submission, selection_submit
from annotation.rounds.selectors import choices_by_round
from mlbackend.metrics import wilson_interval
from tests.annotation.rounds.qata_world import World, pick, place_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_how_often_networks_were_preferred_to_drawings_is_told_in_all_and_by_md() -> None:
    world = World()
    world.start()
    world.work(pick(MaskKind.DRAWING))
    said: dict[str, list[str]] = {}
    wanted = iter(
        ["drawing", "candidate", "candidate", "deny", "candidate", "candidate", "candidate", *["drawing"] * 3]
    )

    def choose(world: World, md: User, task: ReviewTask, submission: Submission) -> None:
        kind = next(wanted)
        said.setdefault(md.pseudonym, []).append(kind)
        place = None if kind == "deny" else place_of(task, kind)
        selection_submit(submission=submission, decision="deny" if kind == "deny" else "pick", position=place)

    world.work(choose)
    (told,) = choices_by_round(world.project)
    assert (told["round"], told["picks"], told["denied"]["count"], told["denied"]["of"]) == ("Ib", 9, 1, 10)
    low, high = wilson_interval(5 / 9, 9)
    assert told["drawings"]["picks"] == 4
    assert told["drawings"]["networks_preferred"] == {
        "count": 5, "of": 9, "ties": 0, "share": 5 / 9, "low": low, "high": high,
    }  # fmt: skip
    assert sum(network["picks"] for network in told["networks"]) == 5
    assert [network["name"] for network in told["networks"]] == sorted({n["name"] for n in told["networks"]})
    for person in told["people"]:
        own = said[person["reviewer"]]
        assert person["denied"]["count"] == own.count("deny")
        assert person["networks_preferred"]["count"] == own.count("candidate")
        assert person["networks_preferred"]["of"] == len(own) - own.count("deny")


def test_a_tie_of_a_drawing_with_a_network_counts_for_both_in_part() -> None:
    world = World(Ib={"tie_dsc": 0.01})
    world.start()
    world.work(pick(MaskKind.DRAWING))
    world.work(pick(MaskKind.DRAWING))
    told = choices_by_round(world.project)[0]
    assert told["drawings"]["networks_preferred"]["ties"] == 10
    assert told["drawings"]["picks"] == pytest.approx(10 / 4)
    assert told["drawings"]["networks_preferred"]["count"] == pytest.approx(30 / 4)


def test_where_no_drawing_competed_nothing_is_said_of_drawings(api_as: Any) -> None:
    world = World()
    world.start()
    for _ in range(3):
        world.work(pick(MaskKind.CANDIDATE))
    told = api_as(world.admin).get(f"/api/projects/{world.project.slug}/progress").json()["picks"]
    assert [one["round"] for one in told] == ["Ib", "II.1"]
    assert told[0]["drawings"]["networks_preferred"]["share"] == 1.0
    assert told[1]["drawings"] is None
    assert {person["networks_preferred"] for person in told[1]["people"]} == {None}
    md = api_as(world.mds[0]).get(f"/api/projects/{world.project.slug}/progress").json()
    assert md["picks"] is None, "who chooses learns nothing of it"
