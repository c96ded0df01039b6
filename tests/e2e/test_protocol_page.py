"""Everybody reads the protocol; an admin whose stage I had no weights puts the training right and tries again."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.projects.models import Project, Role
from annotation.projects.services import protocol_resolve
from annotation.rounds.models import RoundState, RoundStep
from tests.e2e.desk import Desk
from tests.e2e.work import until
from tests.factories import RoundFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_members_read_each_value_and_what_differs(desk: Desk) -> None:
    desk.project.protocol = protocol_resolve(name="covid-qu", overrides={"II": {"batch_size": 40}}).to_json()
    desk.project.save()
    page = desk.open("ann", "/p/chest/protocol")
    changed = page.locator("[data-path='II.batch_size']")
    expect(changed).to_contain_text("batch size: 40 instead of 500", timeout=15_000)
    expect(changed).to_contain_text("Films of one batch")
    expect(page.locator("[data-path='IV.fraction']")).to_contain_text("fraction: 0.2")
    expect(page.get_by_text("1 of its values differ")).to_be_visible()
    expect(page.get_by_role("form", name="Training settings")).to_have_count(0)


def test_an_admin_whose_stage_one_failed_changes_the_weights(desk: Desk) -> None:
    desk.person("boss", Role.ADMIN)
    round_ = RoundFactory(project=desk.project, name="I", stage=0, kind="initial_training", batch=None)
    round_.state = RoundState.FAILED
    round_.save()
    step = RoundStep.objects.create(
        round=round_, index=0, kind="train", state="failed", error="no weights; change encoder weights",
        params={"networks": [], "data": "seeds", "purpose": "initial"},
    )  # fmt: skip
    page = desk.open("boss", "/p/chest")
    page.get_by_role("link", name="Change the training settings").click()
    weights = page.get_by_label("encoder weights")
    expect(weights).to_have_value("imagenet", timeout=15_000)
    expect(page.get_by_role("note")).to_contain_text("fetches these weights from the internet")
    weights.fill("ftp")
    page.get_by_role("button", name="Save the training settings").click()
    expect(page.get_by_role("alert")).to_contain_text("none, imagenet or file:PATH")
    weights.fill("none")
    page.get_by_role("button", name="Save the training settings").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    until(
        page,
        lambda: Project.objects.get().protocol["training"]["encoder_weights"] == "none",
        "the settings are not saved",
    )
    step.refresh_from_db()
    assert step.params["anew"]
