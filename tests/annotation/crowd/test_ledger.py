"""What acts come to, by the tests' own reckoning: the ways of a film, each by hand."""

from __future__ import annotations

import pytest

from tests.support.ledger import Film, Said, Standing, kind_of, paths, role_of, standing

MANY = Film("verdict", "p", readers=2, correctors=2, alike=lambda first, second: first[0] == second[0])


def said(**acts: str) -> dict[str, Said]:
    """``v0="accept"``: the first verdict; ``c`` corrections, ``a`` the adjudication of verdicts."""
    levels = {"v": "verdict", "c": "verdict>correction", "a": "verdict>adjudication"}
    return {
        f"{levels[name[0]]}/{name[1:]}": Said(word.partition(" ")[0], word.partition(" ")[2] or None, place=n)
        for n, (name, word) in enumerate(acts.items())
    }


@pytest.mark.parametrize(
    ("acts", "found"),
    [
        ({}, Standing(("verdict/0", "verdict/1"))),
        ({"v1": "accept"}, Standing(("verdict/0",))),
        ({"v0": "accept", "v1": "accept"}, Standing(outcome="accepted", mask="p")),
        ({"v0": "exclude", "v1": "exclude"}, Standing(outcome="excluded")),
        ({"v0": "accept", "v1": "exclude"}, Standing(("verdict>adjudication/0",))),
        ({"v0": "unsure", "v1": "unsure"}, Standing(("verdict>adjudication/0",))),
        ({"v0": "reject", "v1": "reject"}, Standing(("verdict>correction/0", "verdict>correction/1"))),
        ({"v0": "reject", "v1": "reject", "c1": "correct a1", "c0": "correct a2"},
         Standing(outcome="corrected", mask="a1")),
        ({"v0": "reject", "v1": "reject", "c1": "correct a1", "c0": "correct b1"},
         Standing(("verdict>correction>selection/0",))),
        ({"v0": "reject", "v1": "reject", "c1": "correct a1", "c0": "exclude"},
         Standing(("verdict>correction>adjudication/0",))),
        ({"v0": "unsure", "v1": "accept", "a0": "accept"}, Standing(outcome="adjudicated", mask="p")),
        ({"v0": "unsure", "v1": "accept", "a0": "draw d"}, Standing(outcome="drawn", mask="d")),
        ({"v0": "unsure", "v1": "accept", "a0": "advise"}, Standing(("verdict>adjudication>correction/0",))),
        ({"v0": "unsure", "v1": "accept", "a0": "refer"}, Standing(("verdict>adjudication>adjudication/0",))),
    ],
)  # fmt: skip
def test_verdicts_lead_where_the_papers_say(acts: dict[str, str], found: Standing) -> None:
    assert standing(MANY, said(**acts)) == found


def test_choices_of_two_readers_agree_by_what_they_credit() -> None:
    film = Film("selection", readers=2)
    first, second = Said("pick", "m1", ("m1", "m2")), Said("pick", "m2", ("m2", "m1"))
    assert standing(film, {"selection/0": first, "selection/1": second}) == Standing(outcome="picked", mask="m1")
    other = {"selection/0": first, "selection/1": Said("deny")}
    assert standing(film, other) == Standing(("selection>selection/0",))
    assert standing(film, {**other, "selection>selection/0": Said("deny")}) == Standing(outcome="denied")


def test_tasks_find_their_paths_by_their_parents() -> None:
    rows = [(1, None, "verdict", 0), (2, None, "verdict", 1), (3, 2, "adjudication", 0), (4, 3, "correction", 0)]
    found = paths(rows)
    assert found[4] == "verdict>adjudication>correction/0"
    assert (kind_of(found[4]), role_of(found[4]), role_of(found[3])) == ("correction", "annotator", "physician")
