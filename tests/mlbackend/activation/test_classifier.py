"""The encoder as a classifier, and its Grad-CAM against the paper's equations followed by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mlbackend.activation.classifier import INFECTED, build_classifier, grad_cam, infected_probability
from mlbackend.activation.training import ClassifierSettings, Films, balanced_rows, train_classifier
from mlbackend.config import ConfigError
from mlbackend.contracts import NetworkSpec
from mlbackend.data.normalise import normalise
from mlbackend.models.registry import build_network

FILMS = np.random.default_rng(5).integers(0, 256, (3, 64, 64), np.uint8)


def by_the_equations(network: torch.nn.Module, film: torch.Tensor) -> np.ndarray:
    """Equations 14 and 15: alpha_k = mean over i, j of d m_c / d A_k; the map is ReLU of the sum of alpha_k A_k."""
    features = torch.relu(network.encoder(normalise(film[None]))[-1]).detach().requires_grad_()
    pooled = features.sum(dim=(2, 3)) / (features.shape[2] * features.shape[3])
    logit = pooled @ network.head.weight[INFECTED] + network.head.bias[INFECTED]
    (gradient,) = torch.autograd.grad(logit.sum(), features)
    weighted = torch.zeros(features.shape[2:])
    for k in range(features.shape[1]):
        weighted += gradient[0, k].mean() * features[0, k].detach()
    return np.maximum(weighted.numpy(), 0)


@pytest.mark.parametrize("encoder", ["resnet18", "densenet121"])
def test_grad_cam_is_what_the_papers_equations_say(encoder: str) -> None:
    torch.manual_seed(3)
    network = build_classifier(NetworkSpec("unet", encoder)).eval()
    found = grad_cam(network, FILMS)
    assert found.shape == (3, 2, 2)
    assert found.any(), "the test would show nothing"
    for one, film in zip(found, FILMS, strict=True):
        assert np.allclose(one, by_the_equations(network, torch.from_numpy(film)), rtol=1e-4, atol=1e-7)


def test_the_classifier_has_the_segmentation_networks_encoder_and_two_outputs() -> None:
    torch.manual_seed(1)
    classifier = build_classifier(NetworkSpec("fpn", "resnet18"))
    torch.manual_seed(1)
    segmentation = build_network(NetworkSpec("unet", "resnet18"))
    mine, theirs = classifier.encoder.state_dict(), segmentation.encoder.state_dict()
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert classifier(normalise(torch.from_numpy(FILMS))).shape == (3, 2)


def test_probabilities_do_not_depend_on_the_films_beside() -> None:
    torch.manual_seed(1)
    network = build_classifier(NetworkSpec("unet", "resnet18"))
    together = infected_probability(network, FILMS)
    alone = [float(infected_probability(network, film[None])[0]) for film in FILMS]
    assert together == pytest.approx(alone, abs=1e-5)
    assert ((together > 0) & (together < 1)).all()


def bright_corner(count: int, seed: int) -> Films:
    """Half of the films have a bright corner: a child tells them apart."""
    rng = np.random.default_rng(seed)
    images = rng.integers(60, 100, (count, 64, 64), np.uint8)
    infected = np.arange(count) % 2 == 0
    images[infected, 36:60, 36:60] = 240
    return Films(images, infected)


def test_a_classifier_learns_what_is_plain_to_see_and_grad_cam_points_at_it() -> None:
    torch.manual_seed(2)
    network = build_classifier(NetworkSpec("unet", "resnet18"))
    losses: list[float] = []
    train_classifier(
        network, bright_corner(16, 1), ClassifierSettings(epochs=8, learning_rate=1e-3), batch_size=8,
        augmentation="none", precision="fp32", seed=1, on_epoch=lambda epoch, loss: losses.append(loss),
    )  # fmt: skip
    assert len(losses) == 8
    assert losses[-1] < losses[0] / 2
    seen = bright_corner(8, 2)
    assert ((infected_probability(network, seen.images) > 0.5) == seen.infected).mean() >= 0.75
    maps = grad_cam(network, seen.images[seen.infected])
    assert maps[:, 1, 1].mean() > maps[:, 0, 0].mean(), "more weight on the bright quarter than on the opposite one"


def test_both_classes_come_as_often_and_no_film_is_passed_over() -> None:
    infected = np.array([True] * 3 + [False] * 10)
    rows = balanced_rows(infected, 4)
    assert sorted(set(rows.tolist())) == list(range(13))
    assert infected[rows].sum() == (~infected[rows]).sum() == 10
    counts = np.bincount(rows, minlength=13)[:3]
    assert counts.max() - counts.min() <= 1
    assert rows.tolist() != balanced_rows(infected, 5).tolist()


def test_films_of_one_class_and_rates_that_are_none_are_refused() -> None:
    films = Films(FILMS, np.array([True, True, True]))
    network = build_classifier(NetworkSpec("unet", "resnet18"))
    with pytest.raises(ConfigError, match="3 of 3 show infection"):
        train_classifier(
            network, films, ClassifierSettings(), batch_size=2, augmentation="none", precision="fp32", seed=1
        )
    with pytest.raises(ConfigError, match="epochs: 0 is not valid"):
        ClassifierSettings(epochs=0)
    with pytest.raises(ConfigError, match="rate: nan is not valid"):
        ClassifierSettings(learning_rate=float("nan"))
