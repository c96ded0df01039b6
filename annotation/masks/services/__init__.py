"""Writing of masks and of trained networks."""

from annotation.masks.services.candidates import candidates_record
from annotation.masks.services.model_versions import model_version_record
from annotation.masks.services.roles import films_change_role
from annotation.masks.services.store import mask_build, mask_read, mask_store
from annotation.masks.services.take_back import import_take_back

__all__ = [
    "candidates_record",
    "films_change_role",
    "import_take_back",
    "mask_build",
    "mask_read",
    "mask_store",
    "model_version_record",
]
