"""Learning rates against torch's own schedulers."""

from __future__ import annotations

import pytest
import torch

from mlbackend.training.schedules import ConstantSchedule, OneCycleSchedule, PlateauSchedule


@pytest.mark.parametrize("steps", [7, 40, 121])
def test_onecycle_is_torchs(steps: int) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1e-3)
    torchs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps, cycle_momentum=False)
    ours = OneCycleSchedule(2e-3, steps)
    for step in range(steps):
        assert ours.rate(step) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < steps - 1:
            torchs.step()


def test_plateau_is_torchs_with_the_papers_patience() -> None:
    # torch lowers the rate after patience + 1 bad epochs, the paper after three.
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1e-4)
    torchs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=1 / 5, patience=2, threshold=0)
    ours = PlateauSchedule(1e-4, 3, 5.0)
    for loss in [5, 4, 4, 4, 4, 3, 4, 4, 2, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 1, 9, 9, 9]:
        ours.epoch_ended(loss)
        torchs.step(loss)
        assert ours.rate(0) == pytest.approx(optimizer.param_groups[0]["lr"])


def test_plateau_goes_on_from_its_state() -> None:
    first = PlateauSchedule(1e-4, 3, 5.0)
    for loss in (1.0, 2.0, 2.0):
        first.epoch_ended(loss)
    second = PlateauSchedule(1e-4, 3, 5.0)
    second.load(first.state())
    second.epoch_ended(2.0)
    assert second.rate(0) == pytest.approx(2e-5)


def test_constant_is_constant() -> None:
    assert {ConstantSchedule(3e-4).rate(step) for step in range(9)} == {3e-4}
