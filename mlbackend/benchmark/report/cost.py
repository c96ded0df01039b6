"""The papers' tables of cost: what a network takes."""

from __future__ import annotations

from typing import Any

from mlbackend.benchmark.config import TAHIR
from mlbackend.benchmark.reference import paper_table
from mlbackend.benchmark.report.forms import Form, frozen_word
from mlbackend.benchmark.report.inputs import Inputs
from mlbackend.contracts import NetworkSpec


def cost_rows(inputs: Inputs, form: Form) -> list[dict[str, Any]]:
    """A row a network of the grid, measured or not."""
    return [_row(network, inputs, form) for network in inputs.record.config.networks()]


def _paper(network: NetworkSpec, form: Form) -> dict[str, float | None]:
    """The paper's figures; degerli2021's parameters are of other implementations and stand for orientation alone."""
    table = paper_table(form.cost_table)
    keys = {"architecture": network.architecture, "encoder": network.encoder}
    if form.paper == TAHIR:
        parameters = None if network.encoder_frozen else table.figure("trainable_parameters_millions", **keys)
        time = None if network.encoder_frozen else table.figure("inference_ms_per_image_gtx1080", **keys)
        return {
            "paper_parameters_millions": parameters.value if parameters else None,
            "paper_fixed_millions": None,
            "paper_ms_per_image": time.value if time else None,
        }
    keys["encoder_frozen"] = frozen_word(network.encoder_frozen)
    learning, fixed = (table.figure(f"{kind}_parameters", **keys) for kind in ("trainable", "non_trainable"))
    time = table.figure("inference_ms_per_image_rtx2080ti", **keys)
    return {
        "paper_parameters_millions": learning.value / 1e6 if learning else None,
        "paper_fixed_millions": fixed.value / 1e6 if fixed else None,
        "paper_ms_per_image": time.value if time else None,
    }


def _row(network: NetworkSpec, inputs: Inputs, form: Form) -> dict[str, Any]:
    cost = inputs.costs.get(network.name)
    cells = [cell.result for cell in inputs.cells if cell.key.network == network.name and cell.result]
    seconds = [result.train_seconds for result in cells if result.train_seconds]
    return {
        "network": network.name,
        "architecture": network.architecture,
        "encoder": network.encoder,
        "encoder_frozen": network.encoder_frozen,
        "measured": cost is not None,
        "parameters": cost.parameters if cost else next((r.parameters for r in cells if r.parameters), None),
        "fixed": cost.fixed if cost else None,
        "gflops": cost.gflops if cost else None,
        "ms_per_image": cost.ms_per_image if cost else None,
        "images_per_second": cost.images_per_second if cost else None,
        "device": cost.device if cost else "",
        "engine": cost.engine or f"torch {cost.precision}" if cost else "",
        "size": cost.image_size if cost else None,
        "train_seconds_per_cell": sum(seconds) / len(seconds) if seconds else None,
        **_paper(network, form),
    }
