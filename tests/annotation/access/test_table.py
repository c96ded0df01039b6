"""Roles by addresses by two sibling projects: who may, who may not, and that a refusal changes nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.annotation.access.table import ALL, ROWS, SIBLING, STRANGER, SUPERUSER, VERBS, Row
from tests.annotation.access.town import Town

pytestmark = pytest.mark.django_db


def patterns(found: list[Any] | None = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every URL pattern of the platform but the admin's, with its whole route."""
    for one in found if found is not None else get_resolver().url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            if one.app_name != "admin":
                yield from patterns(one.url_patterns, route)
        else:
            yield route, one


def methods(view: Callable[..., Any]) -> set[str]:
    """HTTP methods that a view answers, without those that every view answers alike."""
    kind = getattr(view, "cls", None) or getattr(view, "view_class", None)
    return {verb for verb in VERBS if hasattr(kind, verb)} if kind else {"get"}


def test_every_method_of_every_address_stands_in_the_table() -> None:
    there = {(pattern.name, verb) for _, pattern in patterns() for verb in methods(pattern.callback)}
    told = {(row.name, row.method) for row in ROWS}
    assert there - told == set(), "add a row to tests/annotation/access/table.py that says who may"
    assert told - there == set(), "these addresses are gone: take their rows out of the table"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_who_may_is_let_in_and_all_others_are_refused_and_change_nothing(town: Town, row: Row) -> None:
    statuses = {}
    for actor in ALL:
        answer = town.ask(row, town.sessions[actor])
        statuses[actor] = answer.status_code
        told_as_json = answer.status_code == 403 and not row.path.startswith("/")
        assert not told_as_json or "error" in answer.json(), answer.content
    assert statuses == {actor: row.expected(actor) for actor in ALL}
    town.unchanged()


NAMED = [row for row in ROWS if row.elsewhere is not None]


@pytest.mark.parametrize("here", ["left", "right"])
@pytest.mark.parametrize("row", NAMED, ids=str)
def test_a_projects_address_does_not_open_what_belongs_to_its_sibling(town: Town, row: Row, here: str) -> None:
    there = town.right if here == "left" else town.left
    # The superuser may see both, so that only the address can be what refuses him.
    for session in (town.rulers[here], town.sessions[SUPERUSER]):
        answer = town.ask(row, session, slug=here, side=there)
        assert answer.status_code == row.elsewhere, answer.content
        if answer.status_code == 200:
            assert answer.json() == []
    town.unchanged()


def test_every_address_that_names_an_object_below_a_project_is_asked_for_its_siblings() -> None:
    below = {
        pattern.name
        for route, pattern in patterns()
        if "<slug:slug>/" in route and route.count("<") > 1 and pattern.name != "app"
    }
    assert below == {row.name for row in NAMED}


ADMIN_PAGES = [
    reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")
    for model in admin.site._registry
    for page in ("changelist", "add")
]


def test_the_tables_open_to_staff_with_permission_alone(town: Town) -> None:
    let_in = []
    for page in [reverse("admin:index"), *ADMIN_PAGES]:
        for actor in (STRANGER, "admin", SIBLING):
            answer = town.client(town.sessions[actor]).get(page)
            if (answer.status_code, answer.headers.get("Location", "").split("?")[0]) != (302, "/admin/login/"):
                let_in.append((actor, page))
    for page in ADMIN_PAGES:
        staff = town.client(town.sessions["staff"])
        if {staff.get(page).status_code, staff.post(page, {"action": "delete_selected"}).status_code} != {403}:
            let_in.append(("staff", page))
    assert let_in == []
    town.unchanged()


def test_the_superuser_reads_every_table(town: Town) -> None:
    lists = [page for page in ADMIN_PAGES if not page.endswith("/add/")]
    root = town.client(town.sessions[SUPERUSER])
    assert {page: root.get(page).status_code for page in lists} == dict.fromkeys(lists, 200)
