"""Benchmarks over REST: who may, what they get, what they are told."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.accounts.models import User
from annotation.benchmarks.models import BenchmarkRun
from annotation.projects.models import Project, Role
from tests.annotation.benchmarks.world import begin, end, failing, project, version_of, waiting, work_all
from tests.factories import MembershipFactory, ProjectFactory, UserFactory, member

pytestmark = pytest.mark.django_db
Sign = Callable[[Any], APIClient]
URL = "/api/projects/chest/benchmarks"
WISH = {"version": 1, "config": "reduced"}


@pytest.fixture
def rita() -> User:
    """A researcher of both projects that the version joins."""
    version_of()
    person = member(project(), Role.RESEARCHER, username="rita")
    MembershipFactory(project=Project.objects.get(slug="infected"), user=person, role=Role.RESEARCHER)
    return person


def test_a_run_is_asked_for_followed_and_read(rita: User, api_as: Sign) -> None:
    api = api_as(rita)
    made = api.post(URL, {**WISH, "networks": ["unet"], "epochs": 2})
    assert made.status_code == 201, made.content
    assert made.json()["wish"]["networks"] == ["unet"]
    assert [step["state"] for step in made.json()["steps"]] == ["created"]
    assert made.json()["steps"][0]["job"]["wait"]["workers"] == 0
    assert api.get(f"{URL}/1/report", follow=True).json()["error"]["remedy"] == "look again when it has finished"
    end(waiting()[0])
    begin(waiting()[0])
    shown = api.get(f"{URL}/1").json()
    assert (shown["steps_done"], shown["steps_total"], shown["state"]) == (1, 6, "running")
    running = shown["steps"][1]
    assert (running["state"], running["job"]["progress"]["done"]) == ("running", 1)
    assert running["job"]["networks"] == ["a"]
    end(BenchmarkRun.objects.get().steps.get(key="lung.a.fold1").job)  # type: ignore[arg-type]
    work_all()
    (row,) = api.get(URL).json()["results"]
    assert (row["state"], row["has_report"], row["lines"][0]["dsc"], row["created_by"]) == (
        "finished", True, 0.95, "rita",
    )  # fmt: skip
    cell = next(step for step in api.get(f"{URL}/1").json()["steps"] if step["key"] == "lung.a.fold1")
    assert (cell["validation_dsc"], cell["job"]) == (0.9, None)


def test_the_report_is_a_page_that_can_do_nothing_to_this_site(rita: User, api_as: Sign) -> None:
    api = api_as(rita)
    api.post(URL, WISH)
    work_all()
    page = api.get(f"{URL}/1/report", follow=True)
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "sandbox" in page["Content-Security-Policy"]
    assert "script" not in page["Content-Security-Policy"]
    assert page["Cache-Control"] == "private, no-store"
    # What the page links to by a relative address lies beside it.
    beside = page.request["PATH_INFO"].rpartition("/")[0]
    assert api.get(f"{beside}/report.json").json() == {}
    for path in ("tables/gone.csv", "../manifest.csv", "%2e%2e/manifest.csv"):
        assert api.get(f"{beside}/{path}").status_code == 404, path
    files = api.get(f"{URL}/1/files")
    names = zipfile.ZipFile(io.BytesIO(files.content)).namelist()
    assert names == ["chest-v1-benchmark-1/report/index.html", "chest-v1-benchmark-1/report/report.json"]


def test_a_failed_cell_says_why_and_is_tried_again(rita: User, api_as: Sign) -> None:
    api = api_as(rita)
    api.post(URL, WISH)
    work_all(failing("lung.b.fold1"))
    shown = api.get(f"{URL}/1").json()
    assert (shown["state"], shown["steps_failed"]) == ("finished", 1)
    assert next(step for step in shown["steps"] if step["state"] == "failed")["error"] == "memory was full"
    assert api.post(f"{URL}/1/retry").json()["state"] == "running"
    stopped = api.post(f"{URL}/1/cancel")
    assert (stopped.status_code, stopped.json()["state"]) == (200, "cancelled")
    assert api.post(f"{URL}/1/cancel").json()["error"]["code"] == "invalid_transition"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"version": 9}, "number"),
        ({"version": 0}, "version"),
        ({"config": "vnet"}, "config"),
        ({"tasks": ["heart"]}, "tasks"),
        ({"encoder_weights": "file:/etc/passwd"}, "encoder_weights"),
        ({"networks": ["vnet"]}, "networks"),
        ({"epochs": 0}, "epochs"),
        ({"image_size": 33}, "image_size"),
        ({"fold": [1]}, "fold"),
        ({"negatives": ["healthy"]}, "negatives"),
        ({"second_negatives": ["healthy"], "config": "qata_reduced", "tasks": ["infection"]}, "second_negatives"),
        ({"second_negatives": ["healthy"]}, "second_negatives"),
    ],
)
def test_a_wrong_entry_is_named(rita: User, api_as: Sign, body: dict[str, Any], field: str) -> None:
    answer = api_as(rita).post(URL, {**WISH, **body})
    assert answer.status_code in (400, 404), answer.content
    assert answer.json()["error"]["field"].startswith(field)
    assert not BenchmarkRun.objects.exists()


def test_the_same_request_sent_twice_makes_one_run(rita: User) -> None:
    from django.test import Client

    client = Client()
    client.force_login(rita)
    key = {"HTTP_IDEMPOTENCY_KEY": "a-key-of-its-own"}
    answers = [client.post(URL, WISH, content_type="application/json", **key) for _ in range(2)]  # type: ignore[arg-type]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert BenchmarkRun.objects.count() == 1


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.PHYSICIAN])
def test_reviewers_learn_nothing_of_benchmarks(rita: User, api_as: Sign, role: str) -> None:
    api_as(rita).post(URL, WISH)
    api = api_as(member(project(), role))
    for method, path in (("get", ""), ("post", ""), ("get", "/1"), ("post", "/1/cancel"), ("post", "/1/retry"),
                         ("get", "/1/report"), ("get", "/1/files")):  # fmt: skip
        assert getattr(api, method)(URL + path, WISH if method == "post" and not path else None).status_code == 403, (
            path
        )
    assert BenchmarkRun.objects.get().state == "running"


def test_who_may_not_research_every_joined_project_sees_no_run_of_them(rita: User, api_as: Sign) -> None:
    api_as(rita).post(URL, WISH)
    api = api_as(member(project(), Role.RESEARCHER))
    for path in ("/1", "/1/report", "/1/files"):
        assert api.get(URL + path).status_code == 404, path
    assert api.post(URL, WISH).status_code == 404
    stranger = api_as(UserFactory())
    assert stranger.get(URL).status_code == stranger.get(f"{URL}/1").status_code == 404
    assert api_as(member(ProjectFactory(slug="beside"), Role.ADMIN)).get(f"{URL}/1").status_code == 404


def test_the_list_leaves_out_figures_of_versions_that_join_other_projects(rita: User, api_as: Sign) -> None:
    api_as(rita).post(URL, WISH)
    assert api_as(member(project(), Role.RESEARCHER)).get(URL).json()["results"] == []


def test_what_can_be_run_is_told_with_its_numbers(rita: User, api_as: Sign) -> None:
    reduced, trial, paper, second = api_as(rita).get("/api/benchmark-configs").json()
    assert (reduced["name"], reduced["image_size"], len(reduced["networks"])) == ("reduced", 128, 3)
    assert (paper["name"], paper["image_size"], len(paper["networks"]), paper["folds"]) == ("tahir2021", 256, 15, 5)
    assert (trial["name"], len(trial["networks"]), trial["second"]) == ("qata_reduced", 12, "group-ii")
    assert (second["name"], second["image_size"], len(second["networks"]), second["folds"]) == ("qata", 224, 24, 5)
    assert (paper["second"], second["second_networks"]) == ("", ["unet-densenet121"])
