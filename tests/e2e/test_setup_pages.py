"""An admin who was never here sets a project up in the browser: films, people, guide, protocol, screening."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect

from annotation.accounts.models import User
from annotation.images.models import Image
from annotation.projects.models import DrawingGuide, Membership, Project, Role
from annotation.projects.services import guide_write
from mlbackend.data.phantom import generate_film
from tests.e2e.desk import Desk
from tests.e2e.people import PASSWORD
from tests.support.pictures import png_bytes

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def zip_of(count: int, *, missing: bool = False) -> dict[str, object]:
    """A ZIP with films and their manifest, as Playwright's file chooser takes it."""
    rows = ["image,patient_id,view,label,set"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for n in range(count):
            archive.writestr(f"films/{n}.png", png_bytes(generate_film(n, size=96).image))
            rows.append(f"films/{n}.png,p{n},PA,normal,mine")
        if missing:
            rows.append("films/nowhere.png,p99,PA,normal,mine")
        archive.writestr("manifest.csv", "\n".join(rows))
    return {"name": "films.zip", "mimeType": "application/zip", "buffer": out.getvalue()}


def boss_at(desk: Desk, path: str, **person: object) -> Page:
    """The project in setup, seen by its admin."""
    desk.project.state = "setup"
    desk.project.save()
    desk.person("boss", Role.ADMIN, **person)
    return desk.open("boss", path)


def test_an_admin_uploads_films_and_reads_what_became_of_each_row(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/import")
    page.get_by_label("ZIP with manifest.csv").set_input_files([zip_of(3, missing=True)])  # type: ignore[list-item]
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Column 1").fill("set")
    page.get_by_label("Value 1").fill("mine")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="1 of 4 rows stayed out")).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("added")).to_have_text("3")
    assert Image.objects.count() == 3
    page.get_by_role("button", name="Errors 1").click()
    row = page.get_by_role("row").filter(has_text="nowhere.png")
    expect(row).to_contain_text("5")
    expect(page.get_by_role("cell", name="warning", exact=True)).to_have_count(0)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV").click()
    (line,) = csv.DictReader(io.StringIO(waiting.value.path().read_text()))
    assert (line["severity"], line["row"], line["field"]) == ("error", "5", "image")
    assert line["value"].endswith("nowhere.png")
    assert line["remedy"]


def test_a_broken_upload_leaves_what_was_chosen_and_the_second_try_imports_once(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/import")
    page.get_by_label("ZIP with manifest.csv").set_input_files([zip_of(2)])  # type: ignore[list-item]
    upload = "**/api/projects/chest/imports"
    page.route(upload, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("send it again")
    expect(page.get_by_text("films.zip")).to_be_visible()
    page.unroute(upload)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="2 films went in")).to_be_visible(timeout=30_000)
    assert Image.objects.count() == 2


def test_a_file_that_is_no_zip_is_refused_at_its_field(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/import")
    rubbish = {"name": "films.zip", "mimeType": "application/zip", "buffer": b"no zip"}
    page.get_by_label("ZIP with manifest.csv").set_input_files([rubbish])  # type: ignore[list-item]
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("cannot be unpacked.*make it anew"))
    assert Image.objects.count() == 0


def test_an_annotator_is_told_that_admins_import(desk: Desk) -> None:
    page = desk.open("ann", "/p/chest/import")
    expect(page.get_by_text("Only admins of this project import films.")).to_be_visible()
    expect(page.get_by_role("link", name="Import")).to_have_count(0)


def roles(desk: Desk, name: str) -> set[str]:
    return set(Membership.objects.filter(project=desk.project, user__username=name).values_list("role", flat=True))


def test_an_admin_gives_takes_and_removes_roles_and_the_last_admin_stays(desk: Desk) -> None:
    User.objects.create_user("dora", password=PASSWORD)
    page = boss_at(desk, "/p/chest/people")
    page.get_by_label("User name").fill("dora")
    page.get_by_label("Role").select_option("physician")
    page.get_by_role("button", name="Add to chest").click()
    expect(page.get_by_label("dora: MD")).to_be_checked()
    page.get_by_label("dora: Researcher").click()
    expect(page.get_by_label("dora: Researcher")).to_be_checked()
    page.get_by_label("dora: MD").press("Space")
    expect(page.get_by_label("dora: MD")).not_to_be_checked()
    assert roles(desk, "dora") == {"researcher"}
    page.get_by_label("boss: Admin").click()
    expect(page.get_by_role("alert")).to_contain_text("make another admin first")
    expect(page.get_by_label("boss: Admin")).to_be_checked()
    page.get_by_role("row").filter(has_text="dora").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove dora").click()
    expect(page.get_by_label("dora: MD")).to_have_count(0)
    assert (roles(desk, "dora"), roles(desk, "boss")) == (set(), {"admin"})


def test_a_superuser_makes_an_account_whose_person_chooses_a_password_at_the_first_sign_in(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/people", is_superuser=True, is_staff=True)
    page.get_by_label("User name").fill("newcomer")
    page.get_by_role("button", name="Add to chest").click()
    page.get_by_role("button", name="Make an account for newcomer").click()
    given = page.get_by_test_id("password").inner_text()
    assert len(given) >= 12
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_label("newcomer: Annotator")).to_be_checked()
    expect(page.get_by_text(given)).to_have_count(0)
    theirs = desk.context().new_page()
    theirs.goto(desk.url)
    theirs.get_by_label("Name").fill("newcomer")
    theirs.get_by_label("Password").fill(given)
    theirs.get_by_role("button", name="Sign in").click()
    expect(theirs.get_by_role("heading", name="Choose a password of your own")).to_be_visible()
    theirs.get_by_label("The password that you were given").fill(given)
    theirs.get_by_label("Your new password").fill("12345678")
    theirs.get_by_label("The new one again").fill("12345678")
    theirs.get_by_role("button", name="Use it from now on").click()
    expect(theirs.get_by_role("alert")).to_contain_text("choose another password")
    theirs.get_by_label("Your new password").fill("a phrase of my own")
    theirs.get_by_label("The new one again").fill("a phrase of my own")
    theirs.get_by_role("button", name="Use it from now on").click()
    expect(theirs.get_by_role("heading", name="What waits for you")).to_be_visible()
    assert User.objects.get(username="newcomer").check_password("a phrase of my own")


def test_an_admin_who_may_make_no_accounts_is_told_whom_to_ask(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/people")
    page.get_by_label("User name").fill("stranger")
    page.get_by_role("button", name="Add to chest").click()
    expect(page.get_by_role("alert")).to_contain_text("New accounts are made by whoever runs this installation")
    expect(page.get_by_role("button", name="Make an account")).to_have_count(0)
    assert not User.objects.filter(username="stranger").exists()


FIRST = "# Lungs\nDraw to the inner rim.\n\n- leave the heart out\n- <b>mind the apex</b>"


def test_an_admin_writes_a_guide_with_preview_and_everybody_reads_its_versions(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/guide")
    page.get_by_role("button", name="Write the first version").click()
    page.get_by_role("textbox", name="Text").fill(FIRST)
    pane = page.get_by_test_id("pane")
    expect(pane.get_by_role("heading", name="Lungs")).to_be_visible()
    expect(pane.get_by_role("listitem").last).to_have_text("<b>mind the apex</b>")
    page.get_by_role("button", name="Save as version 1").click()
    page.get_by_role("button", name="Write the next version").click()
    page.get_by_role("textbox", name="Text").fill(FIRST.replace("inner", "outer"))
    page.get_by_role("button", name="Changes to version 1").click()
    expect(pane.get_by_text("Draw to the outer rim.")).to_be_visible()
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_role("heading", name="Version 2")).to_be_visible()
    assert list(DrawingGuide.objects.values_list("version", "author__username")) == [(1, "boss"), (2, "boss")]
    reader = desk.open("ann", "/p/chest/guide")
    reader.get_by_role("button", name="What changed since version 1").click()
    expect(reader.get_by_role("listitem").filter(has_text="added: Draw to the outer rim.")).to_be_visible()
    reader.get_by_role("button", name="Version 1 boss").click()
    expect(reader.get_by_text("no longer in force")).to_be_visible()
    expect(reader.get_by_text("Draw to the inner rim.")).to_be_visible()
    expect(reader.get_by_role("button", name="Write the next version")).to_have_count(0)


def test_a_colleagues_version_that_came_in_between_is_not_written_over_unseen(desk: Desk) -> None:
    page = boss_at(desk, "/p/chest/guide")
    page.get_by_role("button", name="Write the first version").click()
    page.get_by_role("textbox", name="Text").fill("mine")
    guide_write(desk.project, text="theirs", author=desk.person("other", Role.ADMIN))
    page.get_by_role("button", name="Save as version 1").click()
    expect(page.get_by_role("alert")).to_contain_text("other has written version 1 since you began")
    expect(page.get_by_test_id("pane")).to_contain_text("theirs")
    expect(page.get_by_role("textbox", name="Text")).to_have_value("mine")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_role("heading", name="Version 2")).to_be_visible()


def test_a_reviewer_is_told_of_a_version_that_they_have_not_read_and_finds_it_behind_a_key(desk: Desk) -> None:
    desk.verdicts(1)
    boss = desk.person("boss", Role.ADMIN)
    guide_write(desk.project, text=FIRST, author=boss)
    page = desk.open("ann", "/p/chest/work?kind=verdict")
    expect(page.get_by_role("button", name="Read the drawing guide")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").get_by_role("heading", name="Lungs")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Read the drawing guide")).to_have_count(0)
    guide_write(desk.project, text="Draw nothing.", author=boss)
    page.reload()
    page.get_by_role("button", name="version 2 is new").click()
    expect(page.get_by_role("dialog", name="Drawing guide")).to_contain_text("Draw nothing.")
    first, *_ = page.get_by_role("dialog").get_by_role("heading", level=2).all_inner_texts()[1:]
    assert first == "How to draw in this project", "above the keys"
    expect(page.get_by_role("dialog")).to_contain_text("Version 2, boss")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="is new")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="All keys")).to_be_visible()
    expect(page.get_by_role("button", name="is new")).to_have_count(0)


def test_staff_create_a_project_with_each_parameter_explained_and_errors_at_their_fields(desk: Desk) -> None:
    desk.person("staff", is_staff=True)
    page = desk.open("staff", "/")
    page.get_by_role("link", name="New project").click()
    page.get_by_label("Name", exact=True).fill("Lungs of Köln")
    expect(page.get_by_label("Short name")).to_have_value("lungs-of-koln")
    size = page.locator("[data-path='II.batch_size']")
    expect(size).to_contain_text("Films of one batch.")
    expect(size).to_contain_text("Default 500")
    page.get_by_label("Short name").fill("chest")
    size.get_by_label("batch size").fill("0")
    page.get_by_role("button", name="Create the project").click()
    expect(size.get_by_role("alert")).to_contain_text("use 1 to 100000")
    expect(page.get_by_text("2 entries are wrong")).to_be_visible()
    expect(page.get_by_text("choose another short name")).to_be_visible()
    size.get_by_label("batch size").fill("40")
    page.locator("[data-path='II.total']").get_by_label("total").fill("80")
    page.locator("[data-path='I.networks']").get_by_role("button", name="Remove network 3").click()
    page.locator("[data-path='IV.strata']").get_by_label("quality").uncheck()
    page.get_by_role("button", name="Create the project").click()
    expect(page.get_by_role("alert")).to_contain_text("choose another short name")
    page.get_by_label("Short name").fill("koln")
    expect(page.get_by_text("4 values differ")).to_be_visible()
    page.get_by_role("button", name="Create the project").click()
    expect(page.get_by_role("heading", name="Import films")).to_be_visible()
    project = Project.objects.get(slug="koln")
    one, two, _, four = project.protocol["stages"]
    assert (two["batch_size"], two["total"], len(one["networks"])) == (40, 80, 2)
    assert four["strata"] == ["label", "source"]
    assert project.name == "Lungs of Köln"
    assert set(project.memberships.values_list("user__username", "role")) == {("staff", "admin")}


def test_two_wrong_entries_are_each_marked_once_and_the_page_goes_on(desk: Desk) -> None:
    desk.person("staff", is_staff=True)
    page = desk.open("staff", "/new")
    # The sign-in has a field of this name too.
    expect(page.get_by_role("heading", name="New project")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Lungs")
    share = page.locator("[data-path='I.validation_fraction']")
    epochs = page.locator("[data-path='training.epochs']")
    share.get_by_label("validation fraction").fill("7")
    epochs.get_by_label("epochs").fill("abc")
    page.get_by_role("button", name="Create the project").click()
    expect(share.get_by_role("alert")).to_have_count(1)
    expect(epochs.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_text("2 entries are wrong")).to_be_visible()


def test_an_infection_project_starts_from_its_own_defaults_and_others_are_told_who_creates(desk: Desk) -> None:
    desk.person("staff", is_staff=True)
    page = desk.open("staff", "/new")
    page.get_by_label("What is drawn").select_option("infection")
    expect(page.get_by_label("Convention").locator("option")).to_have_count(1)
    expect(page.locator("[data-path='postprocess']").get_by_label("postprocess")).to_have_value("none")
    expect(page.get_by_text("all values are the protocol's")).to_be_visible()
    other = desk.open("ann", "/new")
    expect(other.get_by_text("Projects are set up by staff.")).to_be_visible()


def test_the_keyboard_keeps_its_place_after_a_change_of_roles(desk: Desk) -> None:
    User.objects.create_user("dora", password=PASSWORD)
    desk.person("emil", Role.ANNOTATOR)
    page = boss_at(desk, "/p/chest/people")
    box = page.get_by_label("emil: MD")
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    expect(page.get_by_role("status")).to_contain_text("emil is MD now")
    expect(box).to_be_focused()
    page.get_by_role("row").filter(has_text="emil").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove emil").click()
    expect(page.get_by_label("emil: MD")).to_have_count(0)
    expect(page.get_by_role("group", name="Members")).to_be_focused()
