"""The API's page in a browser: signed in, complete, and nothing fetched from anywhere else."""

from __future__ import annotations

from urllib.parse import urlparse

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.accounts.models import User
from tests.e2e.desk import Desk
from tests.e2e.people import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

OPERATIONS = ("queue_next", "verdict", "correction", "adjudication", "selection", "verification", "undo", "progress")


def test_the_api_page_lists_the_operations_and_asks_no_other_host(desk: Desk) -> None:
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    hosts: set[str | None] = set()
    broken: list[str] = []
    signed_in = desk.open("root")
    expect(signed_in.get_by_role("button", name="Sign out")).to_be_visible(timeout=30_000)
    page = signed_in.context.new_page()
    page.on("request", lambda request: hosts.add(urlparse(request.url).hostname) if "://" in request.url else None)
    page.on("response", lambda r: broken.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.goto(f"{desk.url}/api/docs")
    expect(page.locator(".opblock").first).to_be_visible(timeout=60_000)
    for tag in ("queue", "rounds", "projects", "images", "masks", "exports", "people", "jobs"):
        expect(page.locator(f"#operations-tag-{tag}")).to_have_count(1)
    for operation in OPERATIONS:
        expect(page.locator(f'[id$="-{operation}"]')).to_have_count(1)
    assert hosts == {"127.0.0.1"}
    assert not broken
