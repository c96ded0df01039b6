"""An admin takes an import back that was a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.images.models import ProjectImage
from annotation.masks.services.manifest_import import manifest_import
from annotation.projects.models import Role
from tests.e2e.desk import Desk
from tests.support.pictures import film_hw, png_bytes

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_an_import_is_taken_back(desk: Desk, tmp_path: Path) -> None:
    boss = desk.person("boss", Role.ADMIN)
    (tmp_path / "film.png").write_bytes(png_bytes(film_hw(96, 96, 3)))
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("image,patient_id\nfilm.png,someone\n")
    assert manifest_import(project=desk.project, manifest=manifest, role="pool", actor=boss).added == 1
    page = desk.open("boss", "/p/chest/import")
    page.get_by_role("button", name="Take back").click()
    page.get_by_role("button", name="Yes, take 1 films back").click()
    expect(page.get_by_text("1 films and 0 masks have left the project")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("taken back", exact=True)).to_be_visible()
    assert not ProjectImage.objects.exists()
