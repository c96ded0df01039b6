"""What a network costs is measured as it predicts."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mlbackend.benchmark.cost import measure_cost
from mlbackend.contracts import NetworkSpec
from mlbackend.models.registry import build_network
from mlbackend.prediction import engine, openvino_engine

CPU = torch.device("cpu")
SMALL = NetworkSpec("unet", "resnet18")


def test_a_processor_is_measured_with_the_engine_that_predicts_large_jobs() -> None:
    cost = measure_cost(SMALL, 64, CPU, "fp32", runs=3)
    assert cost.engine.startswith("openvino ")
    assert cost.ms_per_image > 0
    assert cost.images_per_second > 0
    network = build_network(SMALL)
    assert cost.parameters == sum(each.numel() for each in network.parameters())
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network.eval()(torch.zeros(1, 3, 64, 64))
    assert cost.gflops == counter.get_total_flops() / 1e9


def test_without_openvino_torch_is_measured_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise openvino_engine.ConversionError("openvino cannot be imported")

    monkeypatch.setattr(openvino_engine, "_library", missing)
    cost = measure_cost(SMALL, 64, CPU, "fp32", runs=3)
    assert cost.engine == f"torch {torch.__version__} fp32"
    assert engine.choose_engine("auto", CPU, engine.OPENVINO_FROM, 64) == "openvino"
