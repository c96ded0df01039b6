"""The API's page in a browser: signed in, complete, and nothing fetched from anywhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from urllib.parse import urlparse

import pytest

from annotation.accounts.models import User
from annotation.jobs.runtime import Processes
from tests.e2e.people import PASSWORD
from tests.support.browser import find_browser

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
OPERATIONS = ("queue_next", "verdict", "correction", "adjudication", "selection", "verification", "undo", "progress")


def test_the_api_page_lists_the_operations_and_asks_no_other_host(start_processes: Callable[..., Processes]) -> None:
    browser_path = find_browser()
    if browser_path is None:
        assert not os.environ.get("CI"), "install Chromium: in CI its absence is a failure"
        pytest.skip("no Chromium or Chrome is on this machine")
    from playwright.sync_api import expect, sync_playwright

    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    processes = start_processes(web=True, platform=False, gpu=False)
    hosts: set[str | None] = set()
    broken: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=QUIET)
        page = browser.new_page()
        page.on("request", lambda request: hosts.add(urlparse(request.url).hostname) if "://" in request.url else None)
        page.on("response", lambda r: broken.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.goto(f"{processes.url}/admin/login/?next=/api/docs")
        page.fill("#id_username", "root")
        page.fill("#id_password", PASSWORD)
        page.click("input[type=submit]")
        expect(page).to_have_url(f"{processes.url}/api/docs", timeout=30_000)
        expect(page.locator(".opblock").first).to_be_visible(timeout=60_000)
        for tag in ("queue", "rounds", "projects", "images", "masks", "exports", "people", "jobs"):
            expect(page.locator(f"#operations-tag-{tag}")).to_have_count(1)
        for operation in OPERATIONS:
            expect(page.locator(f'[id$="-{operation}"]')).to_have_count(1)
        browser.close()
    assert hosts == {"127.0.0.1"}
    assert not broken
