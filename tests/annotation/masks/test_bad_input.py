"""Each thing that can be wrong with a manifest or a row is one line that names row, field, value and remedy."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from annotation.common.errors import InvalidInput
from annotation.common.models import AuditEvent
from annotation.images.models import Image, Patient
from annotation.masks.models import Mask
from annotation.masks.services.manifest_import import ImportReport, Problem
from tests.annotation.images.files import bomb
from tests.annotation.masks.conftest import SIDE, Folder
from tests.support.pictures import lungs_hw, mask_png_bytes, png_bytes

Bring = Callable[..., ImportReport]
pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def only_line(report: ImportReport, *, row: int | None = 2) -> Problem:
    """The one line about a row, or about the whole import."""
    lines = [problem for problem in report.problems if problem.row == row and problem.field not in {"seeds", "pool"}]
    assert len(lines) == 1, [str(line) for line in lines]
    assert lines[0].message
    assert lines[0].remedy
    return lines[0]


def link_out(folder: Folder) -> str:
    outside = folder.root.parent / "secret.png"
    outside.write_bytes(png_bytes(Folder.pixels(9)))
    (folder.root / "link.png").symlink_to(outside)
    return "link.png"


def fifo(folder: Folder) -> str:
    os.mkfifo(folder.root / "pipe.png")
    return "pipe.png"


FILMS: dict[str, Callable[[Folder], str]] = {
    "truncated": lambda f: f.write("t.png", png_bytes(Folder.pixels(9))[:900]),
    "disguised": lambda f: f.write("d.png", b"<html>login</html>"),
    "empty file": lambda f: f.write("e.png", b""),
    "bomb": lambda f: f.write("b.png", bomb()),
    "missing": lambda f: "films/nowhere.png",
    "a folder": lambda f: "films",
    "a pipe": fifo,
    "climbs": lambda f: "../secret.png",
    "climbs in the middle": lambda f: "films/../../secret.png",
    "absolute": lambda f: "/etc/passwd",
    "from Windows": lambda f: "C:\\films\\1.png",
    "a link that leads out": link_out,
    "nothing": lambda f: "",
    "a null byte": lambda f: "films/\0.png",
}


@pytest.mark.parametrize("what", FILMS)
def test_a_film_that_cannot_be_used_keeps_its_row_out(what: str, folder: Folder, bring: Bring, storage: Any) -> None:
    row = folder.film(1)
    row["image"] = FILMS[what](folder)
    folder.film(2)
    report = bring()
    line = only_line(report)
    assert (line.severity, line.field) == ("error", "image")
    assert line.value == row["image"]
    assert (report.added, report.refused) == (1, 1)
    assert len(storage.list("originals/")) == 1


MASKS: dict[str, Callable[[], bytes]] = {
    "another size": lambda: mask_png_bytes(lungs_hw(SIDE, SIDE + 1)),
    "more than two values": lambda: png_bytes(Folder.pixels(9)),
    "empty": lambda: mask_png_bytes(np.zeros((SIDE, SIDE), bool)),
    "full": lambda: mask_png_bytes(np.ones((SIDE, SIDE), bool)),
    "truncated": lambda: mask_png_bytes(lungs_hw(SIDE, SIDE))[:-40],
    "no image": lambda: b"not a mask",
}


@pytest.mark.parametrize("what", MASKS)
def test_a_mask_that_cannot_be_used_keeps_its_row_out(what: str, folder: Folder, bring: Bring, storage: Any) -> None:
    row = folder.film(1)
    row["mask_lung"] = folder.write("bad.png", MASKS[what]())
    folder.film(2)
    report = bring()
    line = only_line(report)
    assert (line.severity, line.field, line.value) == ("error", "mask_lung", "bad.png")
    assert Image.objects.count() == Mask.objects.count() == 1
    assert len(storage.list("originals/")) == len(storage.list("masks/")) == 1


@pytest.mark.parametrize(
    ("path", "value"), [("", "films/1.png"), ("masks/no.png", "masks/no.png"), ("/etc/x", "/etc/x")]
)
def test_a_seed_without_its_mask_stays_out(path: str, value: str, folder: Folder, bring: Bring) -> None:
    folder.film(1, mask_lung=path)
    line = only_line(bring())
    assert (line.severity, line.field, line.value) == ("error", "mask_lung", value)


def test_no_patient_id_is_a_patient_of_its_own_and_flagged(folder: Folder, bring: Bring) -> None:
    folder.film(1, patient_id="")
    folder.film(2, patient_id="")
    report = bring()
    line = only_line(report)
    assert (line.severity, line.field) == ("warning", "patient_id")
    assert list(Patient.objects.values_list("assumed", flat=True)) == [True, True]


def test_an_unknown_view_is_kept_with_a_warning(folder: Folder, bring: Bring) -> None:
    folder.film(1, view="from below")
    folder.film(2, view="ap supine")
    line = only_line(bring())
    assert (line.severity, line.field, line.value) == ("warning", "view", "from below")
    assert set(Image.objects.values_list("view", flat=True)) == {"from below", "AP Supine"}


def test_a_file_of_another_kind_than_its_name_says_comes_in_with_a_warning(folder: Folder, bring: Bring) -> None:
    row = folder.film(1)
    row["image"] = folder.write("film.jpg", png_bytes(Folder.pixels(1)))
    line = only_line(bring())
    assert (line.severity, line.field) == ("warning", "image")


@pytest.mark.parametrize(
    ("pixels", "mask", "words"),
    [
        (np.full((SIDE, SIDE), 90, np.uint8), None, "one grey"),
        (Folder.pixels(3)[:40, :40], lungs_hw(40, 40, 3), "40 x 40 pixels, too few"),
        (None, ~lungs_hw(SIDE, SIDE, 1), "of the film"),
    ],
)
def test_what_looks_like_a_slip_comes_in_with_a_warning(
    pixels: np.ndarray | None, mask: np.ndarray | None, words: str, folder: Folder, bring: Bring
) -> None:
    row = folder.film(1, mask=mask)
    if pixels is not None:
        folder.write(row["image"], png_bytes(pixels))
    line = only_line(bring())
    assert line.severity == "warning"
    assert words in line.message


def test_the_same_film_under_two_patients_is_told(folder: Folder, bring: Bring) -> None:
    folder.film(1)
    folder.rows.append(folder.rows[0] | {"patient_id": "somebody else"})
    report = bring(role="pool")
    line = only_line(report, row=3)
    assert (line.field, line.value) == ("patient_id", "somebody else")
    assert Patient.objects.values("split_group").distinct().count() == 1


@pytest.mark.parametrize(("column", "value"), [("convention", "heart_up"), ("convention", "heart_in")])
def test_seeds_of_another_convention_are_refused(column: str, value: str, folder: Folder, bring: Bring) -> None:
    folder.film(1, **{column: value})
    line = only_line(bring())
    assert (line.severity, line.field, line.value) == ("error", "convention", value)
    assert Mask.objects.count() == 0


def test_an_admin_may_override_the_convention_in_writing(folder: Folder, bring: Bring) -> None:
    folder.film(1)
    assert not bring(convention="heart_in").ok
    report = bring(convention="heart_in", override_reason="the heart is cut out by hand afterwards")
    assert report.ok
    assert only_line(report).severity == "warning"
    assert Mask.objects.get().convention == "heart_in"
    event = AuditEvent.objects.get(action="images.convention_overridden")
    assert event.detail == {"reason": "the heart is cut out by hand afterwards", "rows": 1}


def test_a_row_with_too_many_cells_or_too_long_ones_stays_out(folder: Folder, bring: Bring, project: Any) -> None:
    from annotation.masks.services.manifest_import import manifest_import

    folder.film(1, label="x" * 65)
    folder.film(2)
    path = folder.save()
    path.write_text(path.read_text().rstrip("\n") + ",surplus\n")
    report = manifest_import(project=project, manifest=path, role="seed", convention="heart_out")
    assert (only_line(report).field, only_line(report, row=3).field) == ("label", "row")
    assert report.added == 0


@pytest.mark.parametrize(
    ("where", "field", "listed"),
    [({"colour": "red"}, "where.colour", "patient_id"), ({"label": "flu"}, "where.label", "covid, normal")],
)
def test_a_condition_that_nothing_meets_lists_what_there_is(
    where: dict[str, str], field: str, listed: str, folder: Folder, bring: Bring
) -> None:
    folder.film(1)
    folder.film(2)
    line = only_line(bring(where=where), row=None)
    assert (line.severity, line.field) == ("error", field)
    assert listed in line.remedy


@pytest.mark.parametrize(
    "content", [b"", b"path,label\na.png,x\n", b"image,image\na,b\n", b"image\n", b"\xff\xfe\x00image\n", b"image\n\n"]
)
def test_what_is_no_manifest_is_one_error(content: bytes, folder: Folder, project: Any) -> None:
    from annotation.masks.services.manifest_import import manifest_import

    folder.manifest.write_bytes(content)
    report = manifest_import(project=project, manifest=folder.manifest, role="pool")
    assert only_line(report, row=None).severity == "error"
    assert report.rows == 0


def test_a_manifest_that_is_not_there_is_one_error(folder: Folder, project: Any) -> None:
    from annotation.masks.services.manifest_import import manifest_import

    report = manifest_import(project=project, manifest=folder.root / "no.csv", role="pool")
    assert only_line(report, row=None).field == "manifest"


@pytest.mark.parametrize("options", [{"role": "teacher"}, {"convention": "heart_up"}])
def test_arguments_that_cannot_be_are_raised(options: dict[str, str], folder: Folder, bring: Bring) -> None:
    folder.film(1)
    with pytest.raises(InvalidInput) as caught:
        bring(**options)
    assert caught.value.remedy.startswith("use one of")
