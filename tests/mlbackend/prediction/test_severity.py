"""A patient's course."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mlbackend.prediction.quantify import InfectedShare
from mlbackend.prediction.severity import Point, TimesError, courses, draw_course, read_times


def point(day: int, name: str = "f", both: float | None = 0.2) -> Point:
    return Point(name, date(2026, 1, day), InfectedShare(both, 0.1, 0.3))


def test_films_are_ordered_by_patient_and_day() -> None:
    found = courses([("b", point(3)), ("a", point(9)), ("b", point(1)), ("a", point(2))])
    assert {patient: [p.day.day for p in course] for patient, course in found.items()} == {"a": [2, 9], "b": [1, 3]}
    assert list(found) == ["a", "b"]


def test_the_drawing_is_the_same_each_time_and_skips_what_is_not_known() -> None:
    course = [point(1), point(5, both=None), point(9)]
    drawn = draw_course("p <1>", course)
    assert drawn == draw_course("p <1>", course)
    text = "".join(ElementTree.fromstring(drawn).itertext())
    assert "patient p <1>" in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("image,patient_id\na.png,1\n", "'study_date' is missing"),
        ("image,patient_id,study_date\na.png,1,31.1.2026\n", "row 2: study_date '31.1.2026'"),
        ("image,patient_id,study_date\na.png,1,2026-01-01\nb.png,,2026-01-31\n", "row 3: patient_id is empty"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_by_row(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "times.csv"
    path.write_text(content)
    with pytest.raises(TimesError, match=words):
        read_times(path)


def test_films_are_found_by_name_whatever_folder_the_table_gives(tmp_path: Path) -> None:
    path = tmp_path / "times.csv"
    path.write_text("image,patient_id,study_date\nday one\\a.png,x,2026-01-01\nfolder/b.png,x,2026-01-05\n")
    assert {name: study.day.day for name, study in read_times(path).items()} == {"a.png": 1, "b.png": 5}
