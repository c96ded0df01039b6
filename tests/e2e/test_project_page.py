"""An admin starts a project in the browser and follows it; a researcher takes a version away."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

pytest.importorskip("playwright")
from django.utils import timezone
from playwright.sync_api import expect

from annotation.jobs.models import Job
from annotation.projects.models import Project, Role
from annotation.projects.services import protocol_resolve
from annotation.rounds.models import Round, RoundStep
from mlbackend.data.phantom import generate_film
from tests.e2e.desk import Desk
from tests.factories import JobFactory, ProjectImageFactory, RepositoryEntryFactory, RoundFactory, seed_film
from tests.support.fake_gpu import FakeGpu

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SMALL = {
    "training": {
        "image_size": 32, "epochs": 2, "batch_size": 4, "learning_rate": 1e-3, "encoder_weights": "none",
        "precision": "fp32", "threads": 1,
    },
    "I": {"networks": [{"architecture": "unet", "encoder": "resnet18"}], "minimum_seeds": 5},
    "II": {"batch_size": 4, "total": 4},
}  # fmt: skip


def ready_to_start(desk: Desk) -> None:
    """A project in setup with eight seeds and four films that wait."""
    # The engine makes its batches itself, by the numbers of its rounds.
    desk.batch.delete()
    desk.project.protocol = protocol_resolve(name="covid-qu", overrides=SMALL).to_json()
    desk.project.state = "setup"
    desk.project.save()
    for n in range(8):
        seed = seed_film(desk.project, pixels=generate_film(n, size=64).mask_lung, width=64, height=64)
        assert seed.image.width == 64
    for _ in range(4):
        ProjectImageFactory(project=desk.project, image__width=64, image__height=64)


def test_an_admin_starts_a_project_follows_its_training_and_pauses_it(own_desk: Desk) -> None:
    desk = own_desk
    ready_to_start(desk)
    desk.person("boss", Role.ADMIN)
    desk.processes.start_part("platform")
    page = desk.open("boss", "/p/chest")
    page.get_by_role("button", name="Start the project").click()
    expect(page.get_by_test_id("state")).to_have_text("running", timeout=15_000)
    # Nobody trains yet: such a small training could be over between two looks of the page.
    expect(page.get_by_test_id("job")).to_contain_text("unet-resnet18", timeout=60_000)
    expect(page.get_by_test_id("job")).to_contain_text(
        "waits for a GPU worker: none has ever been seen", timeout=60_000
    )
    desk.processes.start_part("gpu")
    expect(page.get_by_text("People judge the films of II.1.")).to_be_visible(timeout=120_000)
    assert Round.objects.filter(project=desk.project, name="II.1").exists()
    expect(page.get_by_role("cell", name="main network")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_test_id("state")).to_have_text("paused", timeout=15_000)
    assert Project.objects.get().state == "paused"
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_test_id("state")).to_have_text("running", timeout=15_000)


def test_a_start_that_cannot_be_says_why(desk: Desk) -> None:
    desk.project.state = "setup"
    desk.project.save()
    desk.person("boss", Role.ADMIN)
    page = desk.open("boss", "/p/chest")
    page.get_by_role("button", name="Start the project").click()
    expect(page.get_by_role("status").first).to_contain_text(re.compile("seeds"))
    assert Project.objects.get().state == "setup"


def test_a_researcher_freezes_a_version_and_downloads_it(desk: Desk) -> None:
    for made in desk.verdicts(2):
        RepositoryEntryFactory(project_image=made.project_image, mask=made.proposal, provenance="accepted")
    desk.person("rita", Role.RESEARCHER)
    page = desk.open("rita", "/p/chest")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.get_by_label("Note").fill("first")
    page.get_by_role("button", name="Freeze a version").click()
    expect(page.get_by_text("version 1 is frozen")).to_be_visible(timeout=15_000)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    archive = zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes()))
    names = archive.namelist()
    assert sum("masks_lung/" in name for name in names) == 2
    assert any(name.endswith("manifest.csv") for name in names)


def test_a_researcher_has_the_label_history_prepared_follows_it_and_downloads_it(desk: Desk) -> None:
    first, second = desk.verdicts(2)
    for made in (first, second):
        RepositoryEntryFactory(project_image=made.project_image, mask=made.proposal, provenance="accepted")
    assert first.proposal is not None
    network = first.proposal.model_version
    assert network is not None
    Job.objects.filter(pk=network.job_id).update(request={"samples": []})
    RoundFactory(
        project=desk.project, stage=0, number=1, name="I", kind="initial_training", state="closed", batch=None,
        main_network=network, closed_at=timezone.now(),
    )  # fmt: skip
    desk.person("rita", Role.RESEARCHER)
    page = desk.open("rita", "/p/chest")
    page.get_by_role("button", name="Freeze a version").click()
    expect(page.get_by_text("version 1 is frozen")).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="Prepare the label history of version 1").click()
    # One film was drawn by this network before; nobody works yet, so the words stay.
    expect(page.get_by_text("0 of 1 films drawn; no GPU worker has begun yet")).to_be_visible(timeout=15_000)
    gpu = FakeGpu(fail=["memory is full"])
    gpu.work()
    expect(page.get_by_text("memory is full")).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="Try the label history of version 1 again").click()
    expect(page.get_by_text("0 of 1 films drawn")).to_be_visible(timeout=15_000)
    gpu.work()
    link = page.get_by_role("link", name="Download with history")
    expect(link).to_be_visible(timeout=15_000)
    with page.expect_download() as waiting:
        link.click()
    names = zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes())).namelist()
    assert any(name.endswith("/labels.csv") for name in names)
    assert waiting.value.suggested_filename == "chest-v1-labels.zip"


def test_an_annotator_sees_no_network_and_steers_nothing(desk: Desk) -> None:
    desk.verdicts(1)
    page = desk.open("ann", "/p/chest")
    expect(page.get_by_role("heading", name="Where the films are")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("heading", name="Networks")).to_have_count(0)
    expect(page.get_by_role("group", name="Steer the project")).to_have_count(0)
    assert "resnet" not in page.content()


def test_cancelling_asks_first_and_says_what_is_kept(desk: Desk) -> None:
    desk.person("boss", Role.ADMIN)
    round_ = RoundFactory(project=desk.project, stage=0, number=1, name="I", kind="initial_training")
    step = RoundStep.objects.create(round=round_, index=0, kind="train", state="running")
    job = JobFactory(
        project_id=desk.project.pk, kind="train", status="running", finished_at=None, handled_at=None, handler="rounds",
        progress={"at": 1, "done": 2, "total": 9, "unit": "epochs", "curve": [{"epoch": 1, "validation_dsc": 0.9}] * 2},
    )  # fmt: skip
    step.jobs.add(job)
    page = desk.open("boss", "/p/chest")
    page.get_by_test_id("job").get_by_role("button", name="Cancel").click()
    asking = page.get_by_role("dialog")
    expect(asking).to_contain_text("The checkpoint after epoch 2 is kept.")
    asking.get_by_role("button", name="Let it go on").click()
    job.refresh_from_db()
    assert job.status == "running"
    page.get_by_test_id("job").get_by_role("button", name="Cancel").click()
    asking.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_role("status").first).to_contain_text("is being cancelled")
    job.refresh_from_db()
    assert job.status == "cancelled"


def test_a_project_that_is_set_up_lists_what_is_missing_and_links_there(desk: Desk) -> None:
    desk.project.state = "setup"
    desk.project.save()
    desk.person("boss", Role.ADMIN)
    page = desk.open("boss", "/p/chest")
    missing = page.get_by_role("region", name="Before it starts")
    expect(missing).to_contain_text("3 things are missing before the project can start.")
    expect(page.get_by_test_id("seeds")).to_contain_text("none yet")
    expect(missing.get_by_role("link", name="Screen the pool")).to_have_attribute("href", "/p/chest/screening")
    missing.get_by_role("link", name="Write the guide").click()
    expect(page.get_by_role("heading", name="Drawing guide")).to_be_visible()
