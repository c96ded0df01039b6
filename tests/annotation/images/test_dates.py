"""The day on which a film was taken, as files and manifests write it."""

from __future__ import annotations

from datetime import date

import pytest

from annotation.images.dates import taken_on

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("written", ["2020-05-31", "20200531", "2020/05/31", " 2020-05-31T08:15:00 ", "2020.05.31"])
def test_a_day_is_read_as_files_write_it(written: str) -> None:
    assert taken_on({"Study-Date": written}) == date(2020, 5, 31)


@pytest.mark.parametrize("written", ["", "31/05/2020", "2020-13-01", "2020-0531", "202005310815", "unknown", None, 5])
def test_what_may_be_no_day_or_two_is_none(written: object) -> None:
    assert taken_on({"date": written}) is None


def test_the_study_speaks_before_any_other_column() -> None:
    assert taken_on({"date": "2021-01-01", "study_date": "20200531"}) == date(2020, 5, 31)
    assert taken_on({"study_date": "unknown", "date": "2021-01-01"}) == date(2021, 1, 1)
    assert taken_on({}) is None
