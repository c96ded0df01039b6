"""The papers' tables: complete, named by their source, and figures found by network."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbackend.benchmark import reference
from mlbackend.benchmark.reference import PaperFigure, paper_table, table_names
from mlbackend.config import ConfigError

FOLDER = Path(reference.__file__).parent


def test_every_table_names_its_source_and_every_source_has_its_table() -> None:
    files = {path.stem for path in FOLDER.glob("*.csv")} - {"sources"}
    assert set(table_names()) == files


@pytest.mark.parametrize("name", table_names())
def test_every_table_reads_with_every_cell_filled(name: str) -> None:
    table = paper_table(name)
    assert table.rows
    assert all(value for row in table.rows for value in row.values())
    assert table.year == 2021
    assert table.source == f"{table.paper}, table {table.table}"


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("tahir2021_table2_segmentation", 30),
        ("tahir2021_table3_detection", 15),
        ("tahir2021_table4_cost", 15),
        ("degerli2021_table1_infection_segmentation", 24),
        ("degerli2021_table3_detection", 24),
    ],
)
def test_tables_have_all_their_rows(name: str, rows: int) -> None:
    assert len(paper_table(name).rows) == rows


def test_a_figure_is_a_fraction_with_the_interval_that_is_printed_behind_it() -> None:
    table = paper_table("tahir2021_table2_segmentation")
    figure = table.figure("iou", task="lung", architecture="fpn", encoder="densenet121")
    assert figure == PaperFigure(pytest.approx(0.9611), pytest.approx(0.0046), "tahir2021, table 2")


def test_an_interval_that_is_printed_as_a_fraction_stays_one() -> None:
    table = paper_table("degerli2021_table3_detection")
    figure = table.figure("sensitivity", architecture="unet", encoder="densenet121", encoder_frozen="false")
    assert figure is not None
    assert (figure.value, figure.half) == pytest.approx((0.9837, 0.0046))


def test_a_figure_without_an_interval_or_a_percentage_is_given_as_it_is() -> None:
    table = paper_table("tahir2021_table4_cost")
    figure = table.figure("trainable_parameters_millions", architecture="unet", encoder="resnet18")
    assert figure == PaperFigure(14.32, None, "tahir2021, table 4")


def test_a_network_that_the_paper_has_not_got_has_no_figure() -> None:
    table = paper_table("tahir2021_table3_detection")
    assert table.figure("f1", architecture="unet", encoder="resnet34") is None


def test_a_question_that_is_not_clear_is_refused() -> None:
    table = paper_table("tahir2021_table2_segmentation")
    with pytest.raises(ConfigError, match="valid"):
        table.figure("f2", task="lung", architecture="fpn", encoder="resnet18")
    with pytest.raises(ValueError, match="2 rows"):
        table.figure("dsc", architecture="fpn", encoder="resnet18")
    with pytest.raises(ConfigError, match="tahir2021_table2_segmentation"):
        paper_table("tahir2021_table9")
