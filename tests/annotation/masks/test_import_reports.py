"""What an import says stays to be read, says what the reader may know, and understands files made on Windows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
from django.test import override_settings

from annotation.images.models import Image, ProjectImage
from annotation.masks.services.manifest_import.report import ImportReport
from annotation.projects.models import Project
from tests.annotation.masks.conftest import Folder
from tests.annotation.masks.test_upload import member, packed, send
from tests.factories import MembershipFactory, ProjectFactory

pytestmark = pytest.mark.django_db
ApiAs = Callable[[Any], Any]
Bring = Callable[..., ImportReport]


def as_windows(folder: Folder, manifest: str = "Manifest.CSV") -> io.BytesIO:
    """The folder's ZIP with backslashes in the manifest and in the names of the files."""
    for row in folder.rows:
        row.update({name: row[name].replace("/", "\\") for name in ("image", "mask_lung")})
    folder.save()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("films\\", b"")
        for path in sorted(folder.root.rglob("*")):
            if path.is_file():
                name = str(path.relative_to(folder.root)).replace("/", "\\")
                archive.writestr(manifest if path == folder.manifest else name, path.read_bytes())
    out.seek(0)
    out.name = "films.zip"
    return out


def test_a_zip_made_on_windows_is_understood(folder: Folder, project: Project, api_as: ApiAs) -> None:
    folder.film(1)
    answer = send(api_as(member(project, "admin")), project, as_windows(folder))
    assert answer.status_code == 200, answer.content
    assert answer.json()["counts"]["added"] == 1, answer.json()["problems"]
    assert answer.json()["counts"]["errors"] == 0


@pytest.mark.parametrize("path", ["..\\secret.png", "films\\..\\..\\secret.png", "\\\\server\\share\\1.png"])
def test_a_path_of_windows_leads_no_further_out_than_any_other(path: str, folder: Folder, bring: Bring) -> None:
    (folder.root.parent / "secret.png").write_bytes(Path(folder.root, folder.film(1)["image"]).read_bytes())
    folder.rows[0]["image"] = path
    report = bring()
    assert [line.value for line in report.errors if line.field == "image"] == [path]
    assert not Image.objects.exists()


@pytest.mark.parametrize("text", ["image\n", "image,label\n\n,\n"])
def test_a_manifest_of_a_header_alone_is_said_to_have_no_rows(text: str, folder: Folder, project: Project) -> None:
    from annotation.masks.services.manifest_import import manifest_import

    folder.manifest.write_text(text)
    (line,) = manifest_import(project=project, manifest=folder.manifest, role="pool", where={}).errors
    assert (line.message, line.field) == ("the manifest has a header and no rows", "manifest")
    assert "one row" in line.remedy


def test_the_limits_are_told_before_an_upload_and_a_file_beyond_them_says_whom_to_ask(
    folder: Folder, project: Project, api_as: ApiAs
) -> None:
    client = api_as(member(project, "admin"))
    with override_settings(UPLOAD_MAX_BYTES=2048):
        told = client.get("/api/import-limits").json()
        assert told["file_bytes"] == 2048
        assert set(told) == {"files", "file_bytes", "total_bytes", "pixels"}
        folder.film(1)
        error = send(client, project, packed(folder)).json()["error"]
    assert "2 KB" in error["message"]
    assert error["remedy"].startswith("save it smaller, or ask whoever runs this installation")


def test_an_admin_reads_the_report_of_an_earlier_import_again(folder: Folder, project: Project, api_as: ApiAs) -> None:
    folder.film(1, image="nowhere.png")
    folder.film(2)
    boss = member(project, "admin")
    first = send(api_as(boss), project, packed(folder)).json()
    (entry,) = api_as(boss).get(f"/api/projects/{project.slug}/imports").json()
    assert (entry["by"], entry["role"], entry["counts"]) == (boss.username, "seed", first["counts"])
    again = api_as(boss).get(f"/api/projects/{project.slug}/imports/{entry['id']}").json()
    assert again == first


def test_a_report_is_for_the_admins_of_its_own_project(folder: Folder, project: Project, api_as: ApiAs) -> None:
    folder.film(1)
    boss = member(project, "admin")
    send(api_as(boss), project, packed(folder))
    (entry,) = api_as(boss).get(f"/api/projects/{project.slug}/imports").json()
    other = ProjectFactory()
    stranger = member(other, "admin")
    assert api_as(member(project, "researcher")).get(f"/api/projects/{project.slug}/imports").status_code == 403
    for slug in (project.slug, other.slug):
        assert api_as(stranger).get(f"/api/projects/{slug}/imports/{entry['id']}").status_code == 404


def near_line(answer: Any) -> dict[str, Any]:
    (line,) = [one for one in answer.json()["problems"] if "duplicate of" in one["message"]]
    found: dict[str, Any] = line
    return found


def test_a_film_of_another_project_is_named_with_its_project_to_those_who_belong_to_it_alone(
    folder: Folder, project: Project, api_as: ApiAs, bring: Bring
) -> None:
    folder.film(1)
    bring()
    film = ProjectImage.objects.get(project=project)
    third = ProjectFactory()
    path = folder.root / folder.rows[0]["image"]
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(str(path), (pixels * 0.97).astype("uint8"))
    boss = member(third, "admin")
    hidden = near_line(send(api_as(boss), third, packed(folder)))
    assert (hidden["place"], hidden["link"]) == ("in a project that you do not belong to", "")
    assert film.image.file_name not in hidden["message"]
    assert project.name not in str(hidden)

    membership = MembershipFactory(project=project, user=boss, role="annotator")
    (entry,) = api_as(boss).get(f"/api/projects/{third.slug}/imports").json()
    address = f"/api/projects/{third.slug}/imports/{entry['id']}"
    assert near_line(api_as(boss).get(address))["link"] == f"/p/{project.slug}"
    membership.role = "researcher"
    membership.save()
    named = near_line(api_as(boss).get(address))
    assert named["place"] == f"in the project {project.name}"
    assert named["link"] == f"/p/{project.slug}/films/{film.image_id}"
