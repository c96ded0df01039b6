"""Films where the network is: copied to the device once, as uint8, not batch by batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from mlbackend.data.dataset import FilmSet

MEMORY_SHARE = 0.5
"""Of a GPU's free memory that films may take; the rest is the network's."""


@dataclass(frozen=True)
class ResidentFilms:
    """Films of one split; ``images`` (N, H, W) uint8, ``masks`` (N, H, W) bool, both on one device."""

    images: torch.Tensor
    masks: torch.Tensor

    def __len__(self) -> int:
        return len(self.images)

    def positive(self) -> npt.NDArray[np.bool_]:
        """(N,) bool: which films have foreground."""
        return np.asarray(self.masks.flatten(1).any(dim=1).cpu().numpy(), bool)

    @classmethod
    def of(cls, films: FilmSet, device: torch.device) -> ResidentFilms:
        """Put films on the device. They stay in the host's memory where they would fill the device's."""
        images, masks = torch.from_numpy(films.images), torch.from_numpy(films.masks)
        if device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(device)
            if images.nbytes + masks.nbytes > MEMORY_SHARE * free:
                device = torch.device("cpu")
        return cls(images.to(device), masks.to(device))
