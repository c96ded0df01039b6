"""The time model."""

from __future__ import annotations

import pytest

from annotation.simulation.costs import ActRecord, Costs, balance, effort, seconds_of

COSTS = Costs(verdict=5, correct=28, draw=68, pick=5, deny=6, adjudicate=20, verify=7, redraw_below=0.5)


def test_each_act_costs_what_its_flag_says() -> None:
    wanted = {"verdict": 5, "adjudication": 20, "pick": 5, "deny": 6, "verification": 7}
    assert {kind: seconds_of(ActRecord(kind, "II.1"), COSTS) for kind in wanted} == wanted


def test_a_correction_costs_the_more_the_worse_it_starts_and_never_more_than_drawing() -> None:
    starts = [1.0, 0.95, 0.8, 0.6, 0.5, 0.2, 0.0]
    seconds = [seconds_of(ActRecord("correction", "II.1", start), COSTS) for start in starts]
    assert seconds == sorted(seconds)
    assert seconds[0] == 28
    assert seconds[4:] == [68, 68, 68]
    assert seconds[2] == pytest.approx(28 + 40 * 0.4)


def test_a_verification_that_corrects_pays_for_look_and_correction() -> None:
    assert seconds_of(ActRecord("verification", "IV", 0.0), COSTS) == 7 + 68


def test_films_that_are_all_accepted_at_sight_save_nearly_all() -> None:
    saved = balance([ActRecord("verdict", "II.1")] * 10, 10, COSTS)
    assert saved.share == pytest.approx(1 - 50 / 680)


@pytest.mark.parametrize("dsc", [0.0, 0.3, 0.5])
def test_networks_that_are_worth_nothing_save_nothing_whatever_the_constants(dsc: float) -> None:
    rejected = [ActRecord("verdict", "II.1"), ActRecord("correction", "II.1", dsc)] * 10
    denied = [ActRecord("deny", "III"), ActRecord("verdict", "III.denied"), ActRecord("correction", "III.denied", dsc)]
    report = effort(rejected + denied * 5, films=15, seeds=6, films_by_round={"II.1": 10}, costs=COSTS)
    assert report["saved_share"] < 0
    assert report["with_seeds"]["saved_share"] < 0
    assert all(row[word] < 0 for row in report["sensitivity"] for word in ("half", "double"))


def test_half_and_double_of_a_constant_move_the_savings_the_right_way() -> None:
    acts = [ActRecord("verdict", "II.1")] * 10 + [ActRecord("correction", "II.1", 0.9)] * 4
    report = effort(acts, films=10, seeds=0, films_by_round={}, costs=COSTS)
    rows = {row["constant"]: row for row in report["sensitivity"]}
    assert rows["verdict"]["half"] > report["saved_share"] > rows["verdict"]["double"]
    assert rows["draw"]["half"] < report["saved_share"] < rows["draw"]["double"]
    assert rows["pick"]["half"] == report["saved_share"] == rows["pick"]["double"]


def test_seeds_cost_the_same_on_both_sides() -> None:
    report = effort([ActRecord("verdict", "II.1")] * 5, films=5, seeds=3, films_by_round={}, costs=COSTS)
    assert report["with_seeds"]["saved_seconds"] == report["saved_seconds"]
    assert report["with_seeds"]["by_hand_seconds"] == 8 * 68


def test_a_run_without_films_has_no_share() -> None:
    assert balance([], 0, COSTS).share is None


def test_negative_seconds_are_refused() -> None:
    with pytest.raises(ValueError, match="seconds of pick: -1"):
        Costs(pick=-1)
