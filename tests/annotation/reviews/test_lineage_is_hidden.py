"""What tells a network stays hidden from those who judge its masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.projects.models import Role
from annotation.reviews.models import ReviewTask
from tests.factories import ReviewTaskFactory, member

pytestmark = pytest.mark.django_db


def test_a_researcher_who_also_reviews_learns_a_masks_network_only_when_the_film_is_settled(
    api_as: Callable[[Any], APIClient],
) -> None:
    task = ReviewTaskFactory()
    both = member(task.project, Role.ANNOTATOR, Role.RESEARCHER)
    researcher = member(task.project, Role.RESEARCHER)
    url = f"/api/projects/{task.project.slug}/masks/{task.proposal_id}"
    assert api_as(researcher).get(url).status_code == 200
    answer = api_as(both).get(url)
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "reading_is_blind"
    ReviewTask.objects.filter(pk=task.pk).update(state="cancelled")
    assert api_as(both).get(url).status_code == 200
