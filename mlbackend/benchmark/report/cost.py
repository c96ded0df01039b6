"""Table 4 of tahir2021: what a network costs."""

from __future__ import annotations

from typing import Any

from mlbackend.benchmark.reference import paper_table
from mlbackend.benchmark.report.inputs import Inputs
from mlbackend.contracts import NetworkSpec

TABLE_4 = "tahir2021_table4_cost"


def cost_rows(inputs: Inputs) -> list[dict[str, Any]]:
    """A row a network of the grid, measured or not."""
    return [_row(network, inputs) for network in inputs.record.config.networks()]


def _row(network: NetworkSpec, inputs: Inputs) -> dict[str, Any]:
    cost = inputs.costs.get(network.name)
    table = paper_table(TABLE_4)
    keys = {"architecture": network.architecture, "encoder": network.encoder}
    parameters = table.figure("trainable_parameters_millions", **keys)
    time = table.figure("inference_ms_per_image_gtx1080", **keys)
    cells = [cell.result for cell in inputs.cells if cell.key.network == network.name and cell.result]
    seconds = [result.train_seconds for result in cells if result.train_seconds]
    return {
        "network": network.name,
        "architecture": network.architecture,
        "encoder": network.encoder,
        "measured": cost is not None,
        "parameters": cost.parameters if cost else next((r.parameters for r in cells if r.parameters), None),
        "gflops": cost.gflops if cost else None,
        "ms_per_image": cost.ms_per_image if cost else None,
        "images_per_second": cost.images_per_second if cost else None,
        "device": cost.device if cost else "",
        "engine": cost.engine or f"torch {cost.precision}" if cost else "",
        "size": cost.image_size if cost else None,
        "train_seconds_per_cell": sum(seconds) / len(seconds) if seconds else None,
        "paper_parameters_millions": parameters.value if parameters else None,
        "paper_ms_per_image": time.value if time else None,
    }
