"""Forward and backward of a batch: from films as they lie in memory, and on a GPU as one graph."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from mlbackend.contracts import NetworkSpec
from mlbackend.data.augmentation import augment, draw_changes
from mlbackend.data.dataset import FilmSet
from mlbackend.data.normalise import normalise
from mlbackend.data.resident import ResidentFilms
from mlbackend.models.registry import build_network
from mlbackend.training.losses import LOSSES
from mlbackend.training.module import Batches
from mlbackend.training.passes import Batch, Graph, Passes, Stepper
from mlbackend.training.seeds import augmentation_generator, epoch_batches
from tests.mlbackend import world

CPU = torch.device("cpu")
needs_gpu = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU"),
]


def films(count: int = 10, size: int = 32) -> FilmSet:
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (count, size, size)).astype(np.uint8)
    names = tuple(str(number) for number in range(count))
    return FilmSet(images, images > 128, names, names)


def test_films_stay_on_the_device_as_bytes_without_a_copy_on_a_cpu() -> None:
    given = films()
    resident = ResidentFilms.of(given, CPU)
    assert (resident.images.dtype, resident.masks.dtype) == (torch.uint8, torch.bool)
    assert resident.images.data_ptr() == given.images.ctypes.data
    assert len(resident) == 10


def test_an_epochs_batches_are_what_was_drawn_batch_by_batch_whatever_the_device() -> None:
    """The order of all draws is fixed: an epoch drawn at once must be the epoch drawn step by step."""
    given, settings = films(), world.settings(batch_size=4)
    found = list(Batches(ResidentFilms.of(given, CPU), settings, lambda: 3))
    generator = augmentation_generator(settings.seed, 3)
    rows_of = epoch_batches(10, 4, settings.seed, 3)
    assert [len(images) for images, _, _ in found] == [len(rows) for rows in rows_of] == [4, 3, 3]
    for (images, masks, changes), rows in zip(found, rows_of, strict=True):
        rows = np.sort(rows)
        np.testing.assert_array_equal(images.numpy(), given.images[rows])
        np.testing.assert_array_equal(masks.numpy(), given.masks[rows])
        torch.testing.assert_close(changes, draw_changes(len(rows), "light", generator), rtol=0, atol=0)


def batch(device: torch.device = CPU, count: int = 4) -> Batch:
    given = ResidentFilms.of(films(count), device)
    changes = draw_changes(count, "light", torch.Generator().manual_seed(2))
    return given.images, given.masks, changes.to(device)


def passes(device: torch.device = CPU, **changes: object) -> Passes:
    torch.manual_seed(1)
    network = build_network(NetworkSpec("unet", "resnet18")).to(device, memory_format=torch.channels_last)
    return dataclasses.replace(Passes(network.train(), LOSSES["cross_entropy"], "fp32"), **changes)  # type: ignore[arg-type]


def test_a_pass_leaves_loss_and_gradients_of_the_augmented_batch() -> None:
    made, given = passes(), batch()
    loss = made(given)
    found = [parameter.grad.clone() for parameter in made.network.parameters() if parameter.grad is not None]
    images, truth = augment(given[0].float(), given[1].float(), "light", torch.Generator().manual_seed(2))
    made.network.zero_grad()
    logits = made.network(normalise(images))
    expected = functional.cross_entropy(logits, truth.long())
    expected.backward()
    assert float(loss) == pytest.approx(float(expected.detach()), rel=1e-5)
    for mine, parameter in zip(found, made.network.parameters(), strict=True):
        torch.testing.assert_close(mine, parameter.grad, rtol=1e-3, atol=1e-6)


def test_gradients_take_the_place_of_those_before() -> None:
    made = passes()
    for parameter in made.network.parameters():
        parameter.grad = torch.full_like(parameter, 7.0)
    made(batch())
    first = [parameter.grad.clone() for parameter in made.network.parameters()]  # type: ignore[union-attr]
    made(batch())
    for before, parameter in zip(first, made.network.parameters(), strict=True):
        torch.testing.assert_close(before, parameter.grad)


def test_a_cpu_takes_the_passes_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*given: object) -> None:
        raise AssertionError("a CPU captures nothing")

    monkeypatch.setattr("mlbackend.training.passes.Graph", never)
    made = passes()
    torch.testing.assert_close(Stepper(made)(batch()), made(batch()))


class TestOnAGpu:
    """Graphs; none of this runs without an NVIDIA GPU."""

    pytestmark = needs_gpu
    gpu = torch.device("cuda", 0)

    @pytest.mark.parametrize("precision", ["fp32", "bf16"])
    @pytest.mark.parametrize("micro_batch", [0, 2])
    def test_a_graph_gives_loss_and_gradients_of_its_passes_for_batches_to_come(
        self, precision: str, micro_batch: int
    ) -> None:
        made = passes(self.gpu, precision=precision, micro_batch=micro_batch)
        graph = Graph(made, batch(self.gpu))
        given = batch(self.gpu)
        other = (given[0].flip(0).contiguous(), given[1].flip(0).contiguous(), given[2])
        loss = graph(other).clone()
        found = [parameter.grad.clone() for parameter in made.network.parameters()]  # type: ignore[union-attr]
        expected = made(other)
        torch.testing.assert_close(loss, expected, rtol=2e-2, atol=1e-3)
        for mine, parameter in zip(found, made.network.parameters(), strict=True):
            assert parameter.grad is not None
            apart = (mine - parameter.grad).norm() / parameter.grad.norm().clamp_min(1e-6)
            assert float(apart) < 0.05

    def test_a_capture_changes_neither_network_nor_random_numbers(self) -> None:
        made = passes(self.gpu)
        before = {name: value.clone() for name, value in made.network.state_dict().items()}
        random = torch.cuda.get_rng_state(self.gpu)
        Graph(made, batch(self.gpu))
        assert torch.equal(torch.cuda.get_rng_state(self.gpu), random)
        assert all(torch.equal(value, before[name]) for name, value in made.network.state_dict().items())

    def test_batches_of_two_sizes_have_a_graph_each_and_their_own_gradients(self) -> None:
        made = passes(self.gpu)
        step = Stepper(made)
        for count in (4, 3, 4, 3):
            step(batch(self.gpu, count))
            found = [parameter.grad.clone() for parameter in made.network.parameters()]  # type: ignore[union-attr]
            made(batch(self.gpu, count))
            for mine, parameter in zip(found, made.network.parameters(), strict=True):
                torch.testing.assert_close(mine, parameter.grad, rtol=2e-2, atol=1e-3)

    def test_a_training_with_graphs_learns_what_one_without_learns(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        storage = world.folder(tmp_path)
        listed = world.samples(storage)
        scores = []
        for captures in ("1", "0"):
            monkeypatch.setenv("GROUNDWORK_GRAPHS", captures)
            asked = world.request(listed, job=f"job{captures}", network=world.LEARNER, epochs=6, learning_rate=3e-3)
            scores.append(world.run(asked, storage).validation_dsc)
        assert min(scores) > 0.8
        assert scores[0] == pytest.approx(scores[1], abs=0.05)

    def test_a_resumed_training_with_graphs_ends_as_an_uninterrupted_one(self, tmp_path: Path) -> None:
        storage = world.folder(tmp_path)
        listed = world.samples(storage)
        whole = world.run(world.request(listed, job="whole", epochs=4), storage)
        world.run(world.request(listed, epochs=4), storage, cancel_at_epoch=2)
        resumed = world.run(world.request(listed, attempt=2, epochs=4), storage)
        assert resumed.resumed_from_epoch == 2
        assert [m.validation_loss for m in resumed.epochs] == pytest.approx([m.validation_loss for m in whole.epochs])
