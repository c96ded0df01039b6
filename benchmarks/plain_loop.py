"""The baseline: segmentation-models-pytorch as its readme uses it, in fp32, one network, images decoded beforehand.

    python -m benchmarks.plain_loop train --films films.npz --size 256 --batch-size 4 --epochs 1 --threads 2

prints one line of JSON with images a second. It must stay plain: whatever makes Groundwork quick does not belong here.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
import segmentation_models_pytorch as smp
import torch
from torch.utils.data import DataLoader, TensorDataset

NETWORKS = {"unet": smp.Unet, "unetplusplus": smp.UnetPlusPlus, "fpn": smp.FPN}


def load(path: str) -> TensorDataset:
    """Films (N, 3, H, W) float 0..1 and masks (N, H, W) of class numbers from an ``.npz`` of uint8 arrays."""
    arrays = np.load(path)
    images = torch.from_numpy(arrays["images"]).float().div(255).unsqueeze(1).repeat(1, 3, 1, 1)
    return TensorDataset(images, torch.from_numpy(arrays["masks"]).long())


def train(network: torch.nn.Module, films: TensorDataset, batch_size: int, epochs: int) -> float:
    """Seconds of ``epochs`` passes with Adam and cross-entropy."""
    loader = DataLoader(films, batch_size=batch_size, shuffle=True)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    loss_of = torch.nn.CrossEntropyLoss()
    network.train()
    started = time.perf_counter()
    for _ in range(epochs):
        for images, masks in loader:
            optimizer.zero_grad()
            loss = loss_of(network(images), masks)
            loss.backward()
            optimizer.step()
    return time.perf_counter() - started


@torch.no_grad()
def predict(network: torch.nn.Module, films: TensorDataset, batch_size: int) -> float:
    """Seconds to the foreground probability of every film, at the working size."""
    network.eval()
    started = time.perf_counter()
    for images, _ in DataLoader(films, batch_size=batch_size):
        torch.softmax(network(images), dim=1)[:, 1].numpy()
    return time.perf_counter() - started


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["train", "predict"])
    parser.add_argument("--films", required=True)
    parser.add_argument("--architecture", default="unet", choices=sorted(NETWORKS))
    parser.add_argument("--encoder", default="resnet18")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    films = load(args.films)
    network = NETWORKS[args.architecture](args.encoder, encoder_weights=None, classes=2)
    if args.what == "train":
        warm = TensorDataset(*films[: args.batch_size])
        train(network, warm, args.batch_size, 1)
        seconds = train(network, films, args.batch_size, args.epochs)
        done = len(films) * args.epochs
    else:
        predict(network, TensorDataset(*films[: args.batch_size]), args.batch_size)
        seconds = predict(network, films, args.batch_size)
        done = len(films)
    print(json.dumps({"images_per_second": done / seconds, "seconds": seconds, "images": done}))


if __name__ == "__main__":
    main()
