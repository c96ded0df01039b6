"""Writing of masks and of trained networks."""

from annotation.masks.services.candidates import candidates_record
from annotation.masks.services.model_versions import model_version_record
from annotation.masks.services.store import mask_build, mask_read, mask_store

__all__ = ["candidates_record", "mask_build", "mask_read", "mask_store", "model_version_record"]
