"""Rows of a manifest by conditions."""

from __future__ import annotations

import pytest

from mlbackend.data.manifest import ManifestError, rows_of

TEXT = "image,set,label\n1.png,a,normal\n2.png,a,covid\n3.png,b,normal\n4.png,c,normal\n"


def images(*where: str) -> list[str]:
    return [row["image"] for row in rows_of(TEXT, where, "the manifest")]


def test_conditions_on_several_columns_must_all_hold() -> None:
    assert images("set=a", "label=normal") == ["1.png"]


def test_of_several_conditions_on_one_column_one_must_hold() -> None:
    assert images("set=a", "set=c", "label=normal") == ["1.png", "4.png"]


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (["set=d"], "no row has set=d; there are a, b, c"),
        (["set=a", "set=d"], "no row has set=d"),
        (["set=b", "label=covid"], "no row has label=covid; there are normal"),
        (["set"], "use COLUMN=VALUE with one of image, set, label"),
    ],
)
def test_a_condition_that_no_row_meets_is_named(where: list[str], words: str) -> None:
    with pytest.raises(ManifestError, match=words):
        images(*where)
