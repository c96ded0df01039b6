"""What a round costs the database. The bounds are documentation: raise one only for a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.annotation.reviews.world import World, new_key

Client = Callable[[Any], Any]
NEXT, FILM, MASK, ACCEPT = 7, 3, 3, 12
"""Queries without those of the sign-in; transactions' beginnings and ends are not counted.

Two of the film's are for the audit log: in which projects it is seen, and the row that says so. Its mask costs none.
"""


class Counted:
    """Counts the statements of a block that read or write."""

    def __enter__(self) -> Counted:
        self.context = CaptureQueriesContext(connection)
        self.context.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.context.__exit__(*error)
        verbs = ("SELECT", "INSERT", "UPDATE", "DELETE")
        self.statements = [q["sql"] for q in self.context.captured_queries if q["sql"].lstrip("( ").startswith(verbs)]

    def at_most(self, bound: int) -> None:
        """Fails with the statements."""
        assert len(self.statements) <= bound, "\n".join(sql[:200] for sql in self.statements)


@pytest.mark.parametrize("count", [1, 5])
def test_a_round_of_next_film_mask_and_accept_stays_within_its_queries(
    world: World, api_as: Client, count: int, django_capture_on_commit_callbacks: Any
) -> None:
    world.verdicts(count=8)
    client = api_as(world.annotator)
    url = f"/api/projects/{world.project.slug}/queue/next"
    client.post(url, {"count": count})
    cache.clear()
    with Counted() as asked:
        task = client.post(url, {"count": count}).json()["tasks"][0]
    asked.at_most(NEXT)
    with Counted() as film, django_capture_on_commit_callbacks(execute=True):
        client.get(task["image"]["pixels"])
    film.at_most(FILM)
    with Counted() as again:
        client.get(task["image"]["pixels"])
    again.at_most(1)
    with Counted() as mask:
        client.get(task["proposal"]["url"])
    mask.at_most(MASK)
    verdict = {
        "decision": "accept", "idempotency_key": new_key(), "lease_token": task["lease_token"], "active_seconds": 1,
    }  # fmt: skip
    with Counted() as accepted:
        assert client.post(f"/api/tasks/{task['id']}/verdict", verdict).status_code == 201
    accepted.at_most(ACCEPT)


def test_a_blind_choice_costs_one_query_more_however_many_are_prefetched(world: World, api_as: Client) -> None:
    world.selections(count=4)
    client = api_as(world.annotator)
    url = f"/api/projects/{world.project.slug}/queue/next"
    client.post(url, {"count": 4})
    cache.clear()
    with Counted() as asked:
        assert len(client.post(url, {"count": 4}).json()["tasks"]) == 4
    asked.at_most(NEXT + 1)
