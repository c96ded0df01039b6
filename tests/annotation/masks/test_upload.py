"""Imports by upload: who may send a ZIP, and what a ZIP may not do."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from annotation.images.models import Image
from annotation.masks.models import Mask
from annotation.projects.models import Project
from tests.annotation.masks.conftest import Folder
from tests.factories import ProjectFactory, member

pytestmark = pytest.mark.django_db


def packed(folder: Folder, *extra: tuple[Any, bytes]) -> io.BytesIO:
    folder.save()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.root.rglob("*")):
            if path.is_file():
                archive.write(path, f"upload/{path.relative_to(folder.root)}")
        for name, data in extra:
            archive.writestr(name, data)
    out.seek(0)
    out.name = "films.zip"
    return out


def send(client: Any, project: Project, file: io.BytesIO, **fields: Any) -> Any:
    return client.post(
        f"/api/projects/{project.slug}/imports", {"file": file, "role": "seed", **fields}, format="multipart"
    )


def test_a_zip_is_imported_and_answered_with_its_report(
    folder: Folder, project: Project, api_as: Callable[[Any], Any]
) -> None:
    folder.film(1)
    folder.film(2, image="nowhere.png")
    folder.film(4)
    answer = send(api_as(member(project, "admin")), project, packed(folder), where=["source=clinic"])
    assert answer.status_code == 200
    report = answer.json()
    assert report["counts"]["added"] == 2
    assert [(p["row"], p["field"]) for p in report["problems"] if p["severity"] == "error"] == [(3, "image")]
    assert Mask.objects.count() == 2


@pytest.mark.parametrize("role", ["annotator", "physician", "researcher"])
def test_only_admins_import_and_a_refusal_changes_nothing(
    role: str, folder: Folder, project: Project, api_as: Callable[[Any], Any], storage: Any
) -> None:
    folder.film(1)
    assert send(api_as(member(project, role)), project, packed(folder)).status_code == 403
    assert send(api_as(member(ProjectFactory(), "admin")), project, packed(folder)).status_code == 404
    assert Image.objects.count() == 0
    assert storage.list("") == []


def linked() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("upload/link.png")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("../evil.png", b"x"),
        ("/etc/evil.png", b"x"),
        ("upload/..\\evil.png", b"x"),
        (linked(), b"/etc/passwd"),
        ("upload/blank.bin", b"\0" * 30_000_000),
    ],
    ids=["climbs", "absolute", "backslash", "link", "bomb"],
)
def test_a_hostile_zip_is_refused_whole(
    name: Any, data: bytes, folder: Folder, project: Project, api_as: Callable[[Any], Any]
) -> None:
    folder.film(1)
    answer = send(api_as(member(project, "admin")), project, packed(folder, (name, data)))
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "file"
    assert Image.objects.count() == 0


@pytest.mark.parametrize("content", [b"no zip", b"PK\x03\x04rubbish"])
def test_what_is_no_zip_or_has_no_manifest_is_refused(
    content: bytes, project: Project, api_as: Callable[[Any], Any]
) -> None:
    client = api_as(member(project, "admin"))
    file = io.BytesIO(content)
    file.name = "films.zip"
    assert send(client, project, file).status_code == 400
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    empty.seek(0)
    empty.name = "empty.zip"
    answer = send(client, project, empty)
    assert "manifest.csv" in json.dumps(answer.json())
