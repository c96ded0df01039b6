"""Where films and masks lie inside a dataset."""

from __future__ import annotations

from uuid import UUID


def image_path(image_id: UUID) -> str:
    """``images/UUID.png``."""
    return f"images/{image_id}.png"


def mask_path(image_id: UUID, target: str) -> str:
    """``masks_lung/UUID.png``."""
    return f"masks_{target}/{image_id}.png"
