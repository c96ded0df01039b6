"""A whole import is taken back while nobody has used what it brought."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from annotation.common.blobs import blobs
from annotation.common.models import AuditEvent
from annotation.images.models import Image, ProjectImage
from annotation.images.services import films_screen
from annotation.masks.models import FilmImport, Mask
from annotation.projects.models import Project, Role
from annotation.rounds.services import project_start
from tests.annotation.masks.conftest import Folder
from tests.factories import ProjectFactory, member
from tests.support.pictures import lungs_hw

pytestmark = pytest.mark.django_db

Client = Callable[[Any], Any]
Bring = Callable[..., Any]


def take_back(api_as: Client, project: Project, which: FilmImport, role: str = Role.ADMIN) -> Any:
    return api_as(member(project, role)).post(f"/api/projects/{project.slug}/imports/{which.pk}/take-back")


def test_films_and_masks_leave_the_project_and_may_come_again(
    folder: Folder, bring: Bring, project: Project, api_as: Client, django_capture_on_commit_callbacks: Any
) -> None:
    for seed in range(3):
        folder.film(seed)
    bring()
    (key, *_) = Mask.objects.values_list("storage_key", flat=True)
    with django_capture_on_commit_callbacks(execute=True):
        answer = take_back(api_as, project, FilmImport.objects.get())
    assert answer.status_code == 200, answer.content
    assert answer.json()[0]["taken_back_at"]
    assert ProjectImage.objects.count() == Mask.objects.count() == 0
    assert not blobs().exists(key)
    assert AuditEvent.objects.get(action="images.import_taken_back").detail == {"films": 3, "masks": 3}
    assert bring(role="pool").linked == 3, "the films are known, and come with another role now"
    assert set(ProjectImage.objects.values_list("role", flat=True)) == {"pool"}
    again = take_back(api_as, project, FilmImport.objects.order_by("created_at")[0])
    assert (again.status_code, again.json()["error"]["code"]) == (409, "taken_back")
    assert ProjectImage.objects.count() == 3


def test_films_of_other_projects_and_of_earlier_imports_stay(
    folder: Folder, bring: Bring, project: Project, api_as: Client
) -> None:
    other = ProjectFactory()
    folder.film(0)
    bring(project=other)
    bring()
    folder.film(1)
    bring()
    first, second = FilmImport.objects.filter(project=project).order_by("created_at")
    listed = api_as(member(project, Role.ADMIN)).get(f"/api/projects/{project.slug}/imports").json()
    assert [(one["films"], one["masks"]) for one in listed] == [(1, 1), (1, 1)]
    assert take_back(api_as, project, second).status_code == 200
    assert ProjectImage.objects.filter(project=project).count() == 1
    assert take_back(api_as, project, first).status_code == 200
    assert ProjectImage.objects.filter(project=other).count() == 1
    assert Mask.objects.filter(project=other).count() == 1
    assert Image.objects.count() == 2


def test_an_import_whose_films_got_masks_by_another_one_waits_for_that(
    folder: Folder, bring: Bring, project: Project, api_as: Client
) -> None:
    folder.film(0)
    bring()
    folder.rows.clear()
    folder.film(0, mask=lungs_hw(96, 96, 7))
    bring()
    first, second = FilmImport.objects.order_by("created_at")
    refused = take_back(api_as, project, first)
    assert (refused.status_code, refused.json()["error"]["remedy"]) == (409, "take that import back first")
    assert take_back(api_as, project, second).status_code == 200
    assert take_back(api_as, project, first).status_code == 200
    assert Mask.objects.count() == 0


def test_what_was_screened_or_started_with_stays(
    folder: Folder, bring: Bring, project: Project, api_as: Client
) -> None:
    for seed in range(4):
        folder.film(seed)
    bring(where={"label": "covid"})
    bring(role="pool", where={"label": "normal"})
    seeds, pool = FilmImport.objects.order_by("created_at")
    film = ProjectImage.objects.filter(role="pool").first()
    assert film is not None
    admin = member(project, Role.ADMIN)
    films_screen(project, images=[film.image_id], outcome="out", reason="blurred", actor=admin)
    assert take_back(api_as, project, pool).json()["error"]["code"] == "import_used"
    project_start(project=project, actor=admin)
    assert take_back(api_as, project, seeds).json()["error"]["code"] == "import_used"
    assert ProjectImage.objects.count() == 4
    assert Mask.objects.count() == 2


def test_only_admins_take_imports_back(folder: Folder, bring: Bring, project: Project, api_as: Client) -> None:
    folder.film(0)
    bring()
    made = FilmImport.objects.get()
    for role in (Role.ANNOTATOR, Role.PHYSICIAN, Role.RESEARCHER):
        assert take_back(api_as, project, made, role).status_code == 403
    stranger = api_as(member(ProjectFactory(), Role.ADMIN))
    assert stranger.post(f"/api/projects/{project.slug}/imports/{made.pk}/take-back").status_code == 404
    assert ProjectImage.objects.count() == 1
