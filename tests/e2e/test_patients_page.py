"""An admin takes a patient out in two steps; the page can be used by everybody."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import expect

from annotation.exports.services import dataset_freeze
from annotation.images.models import Patient
from tests.annotation.exports.world import settled
from tests.e2e.desk import Desk
from tests.e2e.test_everybody_can_set_up import check_at_both_sizes
from tests.e2e.test_setup_pages import boss_at
from tests.factories import ImageFactory, PatientFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
NAME = "MRN-7788-Müller"


def test_a_patient_is_withdrawn_once_it_is_typed_again_and_the_version_says_so(desk: Desk) -> None:
    settled(desk.project, image=ImageFactory(patient=PatientFactory(identifier=NAME)))
    settled(desk.project)
    dataset_freeze(projects=[desk.project], actor=None)
    page = boss_at(desk, "/p/chest/patients")
    page.get_by_label("Identifier, as it was imported, or pseudonym").fill(NAME)
    page.get_by_role("button", name="What would go?").click()
    plan = page.get_by_role("region", name="What would go")
    expect(plan).to_contain_text("1 film and 1 mask in chest")
    told = plan.locator("strong").inner_text()
    assert told.startswith("P-")
    expect(plan).to_contain_text("version 1 of chest cannot be had any more")
    assert Patient.objects.filter(identifier=NAME).exists(), "nothing has gone yet"
    withdraw = page.get_by_role("button", name="Withdraw for good")
    expect(withdraw).to_be_disabled()
    check_at_both_sizes(page)
    page.get_by_label("Type it again to withdraw the patient").fill(NAME)
    withdraw.click()
    expect(page.get_by_text(f"{told} is out.")).to_be_visible()
    expect(page.get_by_role("article", name=told)).to_contain_text("1 film, 1 mask")
    assert not Patient.objects.filter(identifier=NAME).exists()
    page.goto(f"{desk.url}/p/chest")
    row = page.get_by_role("row").filter(has_text="Cannot be had any more: 1 film of a withdrawn patient.")
    row.get_by_role("button", name="Freeze the others").click()
    expect(page.get_by_text("version 2 is frozen")).to_be_visible()
