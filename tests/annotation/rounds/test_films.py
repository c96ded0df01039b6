"""The films' list: any place of any order, counts, and what a reader may not learn from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from annotation.images.models import ImageState, ProjectImage
from annotation.projects.models import Project, Role
from annotation.reviews.models import ReviewTask
from annotation.rounds.models import RoundFilm
from tests.factories import (
    DuplicateLinkFactory,
    MaskFactory,
    ProjectFactory,
    ProjectImageFactory,
    RepositoryEntryFactory,
    ReviewBatchFactory,
    ReviewTaskFactory,
    RoundFactory,
    member,
    seed_film,
)

pytestmark = pytest.mark.django_db

Client = Callable[[Any], Any]


@pytest.fixture
def project() -> Project:
    """Seven films: a seed, four settled ones of rising quality, two that wait; scores on all of the pool."""
    project = ProjectFactory()
    seed_film(project, label="normal")
    for n in range(6):
        film = ProjectImageFactory(
            project=project, confidence=0.9 - n / 10, disagreement=n / 10,
            image__label="COVID-19" if n % 2 else "normal", image__quality={"snr_db": 30.0 + n},
            image__quality_tier="low" if n < 2 else "high",
            state=ImageState.SETTLED if n < 4 else ImageState.WAITING,
        )  # fmt: skip
        if n < 4:
            RepositoryEntryFactory(project_image=film, provenance="accepted" if n < 3 else "corrected")
    return project


def ask(client: Any, project: Project, **query: Any) -> dict[str, Any]:
    answer = client.get(f"/api/projects/{project.slug}/films", query)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def counts(client: Any, project: Project, **query: Any) -> dict[str, Any]:
    found = client.get(f"/api/projects/{project.slug}/films/counts", query).json()
    return {
        name: value if name == "total" else {one["value"]: one["count"] for one in value}
        for name, value in found.items()
    }


@pytest.mark.parametrize(
    "order", ["newest", "oldest", "worst_quality", "best_quality", "most_disagreement", "least_confidence"]
)
def test_the_pages_of_an_order_hold_every_film_once(project: Project, api_as: Client, order: str) -> None:
    client = api_as(member(project, Role.RESEARCHER))
    pages = [ask(client, project, order=order, limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert {page["count"] for page in pages} == {7}
    ids = [film["id"] for page in pages for film in page["results"]]
    assert sorted(ids) == sorted(str(pk) for pk in project.project_images.values_list("image_id", flat=True))


def test_orders_put_what_has_no_figure_last(project: Project, api_as: Client) -> None:
    client = api_as(member(project, Role.ADMIN))
    worst = [film["snr_db"] for film in ask(client, project, order="worst_quality")["results"]]
    assert worst == [30, 31, 32, 33, 34, 35, None]
    unsure = [film["confidence"] for film in ask(client, project, order="least_confidence")["results"]]
    assert unsure[:-1] == sorted(unsure[:-1])
    assert unsure[-1] is None
    differing = [film["disagreement"] for film in ask(client, project, order="most_disagreement")["results"]]
    assert differing == [0.5, 0.4, 0.3, 0.2, 0.1, 0.0, None]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"role": "seed"}, 1), ({"state": "waiting"}, 2), ({"label": "normal"}, 4), ({"quality": "low"}, 2),
        ({"provenance": "accepted"}, 3), ({"provenance": "none"}, 2), ({"split": "training"}, 7),
        ({"split": "test"}, 0), ({"state": "settled", "label": "COVID-19"}, 2), ({"round": "II.1"}, 1),
        ({"view": "PA"}, 7), ({"view": "none"}, 0),
    ],
)  # fmt: skip
def test_filters_leave_the_films_that_they_name_and_the_counts_agree(
    project: Project, api_as: Client, query: dict[str, str], expected: int
) -> None:
    RoundFilm.objects.create(
        round=RoundFactory(project=project), project_image=project.project_images.filter(role="pool")[0], order=0
    )
    client = api_as(member(project, Role.RESEARCHER))
    assert ask(client, project, **query)["count"] == expected
    assert counts(client, project, **query)["total"] == expected


def test_counts_say_what_each_value_would_leave_beside_the_other_filters(project: Project, api_as: Client) -> None:
    client = api_as(member(project, Role.RESEARCHER))
    found = counts(client, project, state="settled", label="COVID-19")
    assert found["total"] == 2
    assert found["state"] == {"settled": 2, "waiting": 1}
    assert found["label"] == {"COVID-19": 2, "normal": 3}
    assert found["provenance"] == {"accepted": 1, "corrected": 1}


def test_an_unknown_filter_or_order_is_refused_by_name(project: Project, api_as: Client) -> None:
    client = api_as(member(project, Role.RESEARCHER))
    for query in ({"colour": "red"}, {"order": "random"}, {"limit": 1000}, {"state": "lost"}):
        answer = client.get(f"/api/projects/{project.slug}/films", query)
        assert answer.status_code == 400
        assert answer.json()["error"]["field"] == next(iter(query))


def test_the_list_is_for_researchers_and_admins_of_the_project_alone(project: Project, api_as: Client) -> None:
    for page in ("films", "films/counts"):
        url = f"/api/projects/{project.slug}/{page}"
        for role, status in (("researcher", 200), ("admin", 200), ("annotator", 403), ("physician", 403)):
            assert api_as(member(project, role)).get(url).status_code == status, (page, role)
        assert api_as(member(ProjectFactory(), *Role.values)).get(url).status_code == 404


def being_read(project: Project) -> ReviewTask:
    """The second settled film is being read again."""
    entry = project.repository.filter(provenance="accepted").order_by("created_at")[1]
    return ReviewTaskFactory(
        batch=ReviewBatchFactory(project=project), project_image=entry.project_image, proposal=entry.mask,
        role="physician",
    )  # fmt: skip


def test_a_researcher_who_also_reads_learns_no_mask_score_or_place_of_a_film_that_is_being_read(
    project: Project, api_as: Client
) -> None:
    task = being_read(project)
    both, researcher = member(project, Role.RESEARCHER, Role.ANNOTATOR), member(project, Role.RESEARCHER)
    film = str(task.project_image.image_id)

    def card(person: Any, **query: Any) -> dict[str, Any]:
        return {one["id"]: one for one in ask(api_as(person), project, **query)["results"]}[film]

    open_card, hidden = card(researcher), card(both)
    assert (open_card["provenance"], open_card["confidence"], open_card["being_read"]) == ("accepted", 0.8, False)
    assert open_card["outline"]
    assert [hidden[name] for name in ("provenance", "confidence", "disagreement", "outline")] == [None] * 4
    assert hidden["being_read"]
    for order in ("most_disagreement", "least_confidence"):
        places = [
            [one["id"] for one in ask(api_as(who), project, order=order)["results"]] for who in (researcher, both)
        ]
        assert film not in places[0][-2:]
        assert film in places[1][-2:], "its place tells its score"
    assert ask(api_as(both), project, provenance="accepted")["count"] == 2
    assert counts(api_as(both), project)["provenance"]["accepted"] == 2
    assert counts(api_as(researcher), project)["provenance"]["accepted"] == 3
    url = f"/api/projects/{project.slug}/films/{film}/datasets"
    assert (api_as(researcher).get(url).status_code, api_as(both).get(url).status_code) == (200, 409)


def test_an_excluded_films_mask_is_no_ground_truth(project: Project, api_as: Client) -> None:
    film = ProjectImage.objects.filter(project=project, repository__provenance="corrected").get()
    ProjectImage.objects.filter(pk=film.pk).update(state="excluded", exclusion_reason="not a chest")
    client = api_as(member(project, Role.RESEARCHER))
    (card,) = ask(client, project, state="excluded")["results"]
    assert (card["provenance"], card["exclusion_reason"]) == (None, "not a chest")
    assert ask(client, project, provenance="corrected")["count"] == 0


def test_a_films_history_names_its_relatives_and_no_file(project: Project, api_as: Client) -> None:
    first, second = project.project_images.filter(role="pool").order_by("created_at")[:2]
    sibling = ProjectImageFactory(project=ProjectFactory(), image__patient=first.image.patient)
    DuplicateLinkFactory(first=first.image, second=second.image)
    MaskFactory(project=project, image=first.image, kind="seed", note={"file": "PHI-Jane.png"})
    client = api_as(member(project, Role.RESEARCHER))
    answer = client.get(f"/api/projects/{project.slug}/films/{first.image_id}/history")
    (relative,) = answer.json()["relatives"]
    assert (relative["image"], relative["same_patient"], relative["correlation"]) == (str(second.image_id), False, 0.98)
    assert str(sibling.image_id) not in answer.content.decode(), "a film of a project that is not mine"
    assert b"PHI" not in answer.content
