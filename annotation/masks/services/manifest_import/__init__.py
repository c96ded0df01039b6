"""Import of films, and of seeds' masks, from a manifest CSV."""

from annotation.masks.services.manifest_import.checks import enough_for_protocol
from annotation.masks.services.manifest_import.report import ImportReport, Problem
from annotation.masks.services.manifest_import.run import manifest_import

__all__ = ["ImportReport", "Problem", "enough_for_protocol", "manifest_import"]
