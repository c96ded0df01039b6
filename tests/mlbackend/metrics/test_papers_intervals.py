"""The papers' formula for an interval gives what the papers themselves print."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from mlbackend import benchmark
from mlbackend.metrics import binomial_interval

REFERENCE = Path(benchmark.__file__).parent / "reference"
TAHIR_LUNG, TAHIR_INFECTION = 6_788, 1_166
"""Test films, tahir2021 table 1."""
DEGERLI_FILMS, DEGERLI_POSITIVE = 15_495, 2_951
DEGERLI_PIXELS = DEGERLI_FILMS * 224 * 224
"""All films of all folds at the working size (degerli2021 section III-B): what table I's intervals take for N."""
DEGERLI_INFECTED_PIXELS = 22_000_000
"""Not printed: what sensitivity, specificity and precision of each row imply, to within 2 %."""
MISPRINT_I = {("unet", "resnet50", "true", "f2"): "2.6e-5"}
"""One of 168 values in degerli2021 table I that no N of its other rows gives."""
MISPRINTS_III = {("unetplusplus", "inceptionv3", "sensitivity"): "0.0061", ("dla", "inceptionv3", "accuracy"): "0.0040"}
"""Two of 144 values in degerli2021 table III that no N of its other rows gives."""


def printed(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def metrics_of(row: dict[str, str], suffix: str) -> list[str]:
    return [column.removesuffix(suffix) for column in row if column.endswith(suffix)]


def test_lungs_and_infection_of_all_fifteen_networks_to_the_digit() -> None:
    rows = printed("tahir2021_table2_segmentation.csv")
    assert len(rows) == 30
    for row in rows:
        count = TAHIR_LUNG if row["task"] == "lung" else TAHIR_INFECTION
        for metric in metrics_of(row, "_interval_percent"):
            share = float(row[f"{metric}_percent"]) / 100
            assert round(100 * binomial_interval(share, count), 2) == float(row[f"{metric}_interval_percent"]), row


def test_detection_of_all_fifteen_networks_to_the_digit() -> None:
    rows = printed("tahir2021_table3_detection.csv")
    assert len(rows) == 15
    for row in rows:
        for metric in metrics_of(row, "_interval_percent"):
            share = float(row[f"{metric}_percent"]) / 100
            assert round(100 * binomial_interval(share, TAHIR_INFECTION), 2) == float(row[f"{metric}_interval_percent"])


def test_the_example_that_everybody_quotes() -> None:
    assert f"{100 * binomial_interval(0.9611, 6788):.2f}" == "0.46"


def test_with_pixels_for_films_the_formula_gives_the_tiny_intervals_of_degerli() -> None:
    """Printed to one or two digits, of figures printed to two decimals: both roundings are allowed for."""
    rows = printed("degerli2021_table1_infection_segmentation.csv")
    assert len(rows) == 24
    different = {}
    for row in rows:
        for metric in metrics_of(row, "_interval"):
            count = {
                "sensitivity": DEGERLI_INFECTED_PIXELS,
                "specificity": DEGERLI_PIXELS - DEGERLI_INFECTED_PIXELS,
            }.get(metric, DEGERLI_PIXELS)
            value = row[f"{metric}_interval"]
            half_digit = float(Decimal((0, (5,), Decimal(value).as_tuple().exponent - 1)))  # type: ignore[operator,arg-type]
            ends = [binomial_interval(float(row[f"{metric}_percent"]) / 100 + step, count) for step in (-5e-5, 5e-5)]
            # Infected pixels are known to 2 %, so their interval to 1 %.
            slack = 0.01 * max(ends) if metric == "sensitivity" else 0.0
            if not min(ends) - half_digit - slack <= float(value) <= max(ends) + half_digit + slack:
                different[row["architecture"], row["encoder"], row["encoder_frozen"], metric] = value
    assert different == MISPRINT_I


def test_degerlis_detection_counts_films_of_the_class_for_sensitivity_and_specificity() -> None:
    different = {}
    for row in printed("degerli2021_table3_detection.csv"):
        for metric in metrics_of(row, "_interval"):
            count = {"sensitivity": DEGERLI_POSITIVE, "specificity": DEGERLI_FILMS - DEGERLI_POSITIVE}.get(
                metric, DEGERLI_FILMS
            )
            value = row[f"{metric}_interval"]
            if round(binomial_interval(float(row[f"{metric}_percent"]) / 100, count), 4) != float(value):
                different[row["architecture"], row["encoder"], metric] = value
    assert different == MISPRINTS_III


@pytest.mark.parametrize("name", ["tahir2021_table2_segmentation.csv", "degerli2021_table1_infection_segmentation.csv"])
def test_every_figure_of_a_table_with_intervals_has_one(name: str) -> None:
    for row in printed(name):
        assert all(row.values())
