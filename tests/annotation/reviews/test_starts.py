"""The masks that a correction may begin from: those once denied on its film, unnamed, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from annotation.masks.models import Mask
from annotation.projects.models import Role
from annotation.reviews.models import ReviewTask, TaskCandidate, TaskKind
from annotation.reviews.services import tasks_next
from tests.factories import MaskFactory, ReviewTaskFactory, member

pytestmark = pytest.mark.django_db

Client = Callable[[Any], Any]


class Denied:
    """A film with a correction to make, whose three candidates, two of them alike, were denied before."""

    def __init__(self) -> None:
        self.correction = ReviewTaskFactory(kind=TaskKind.CORRECTION)
        self.project, film = self.correction.project, self.correction.project_image
        self.project.state = "running"
        self.project.save()
        self.masks: list[Mask] = [
            MaskFactory(project=self.project, image=film.image, kind="candidate") for _ in range(3)
        ]
        self.choice = ReviewTaskFactory(
            batch=self.correction.batch, project_image=film, kind=TaskKind.SELECTION, proposal=None, state="done",
            done_by=member(self.project, Role.ANNOTATOR),
        )  # fmt: skip
        for position, (mask, tie) in enumerate(zip(self.masks, (0, 1, 0), strict=True)):
            TaskCandidate.objects.create(task=self.choice, mask=mask, position=position, tie_group=tie)
        self.annotator = member(self.project, Role.ANNOTATOR)

    def task(self, api_as: Client) -> dict[str, Any]:
        """The correction as its holder gets it."""
        tasks_next(user=self.annotator, project=self.project, count=1, kinds=[TaskKind.CORRECTION])
        found: dict[str, Any] = api_as(self.annotator).get(f"/api/tasks/{self.correction.pk}").json()
        return found


@pytest.fixture
def denied() -> Denied:
    return Denied()


def test_a_corrector_gets_one_mask_of_each_tie_in_the_stored_order_and_nothing_beside(
    denied: Denied, api_as: Client
) -> None:
    starts = denied.task(api_as)["starts"]
    assert [one["id"] for one in starts] == [str(mask.pk) for mask in denied.masks[:2]]
    assert {name for one in starts for name in one} == {"id", "url"}
    assert [api_as(denied.annotator).get(one["url"]).status_code for one in starts] == [200, 200]


def test_candidates_of_a_choice_that_is_open_again_are_not_offered_nor_shown(denied: Denied, api_as: Client) -> None:
    url = denied.task(api_as)["starts"][0]["url"]
    ReviewTask.objects.filter(pk=denied.choice.pk).update(state="open", done_by=None)
    assert denied.task(api_as)["starts"] == []
    assert api_as(denied.annotator).get(url).status_code == 404


def test_who_does_not_hold_the_correction_sees_none_of_them(denied: Denied, api_as: Client) -> None:
    url = denied.task(api_as)["starts"][0]["url"]
    for role in (Role.ANNOTATOR, Role.PHYSICIAN):
        assert api_as(member(denied.project, role)).get(url).status_code == 404
    ReviewTask.objects.filter(pk=denied.correction.pk).update(
        state="done", done_by=denied.annotator, lease_holder=None, lease_token=None, lease_expires_at=None
    )
    assert api_as(denied.annotator).get(url).status_code == 404, "the correction is done"
