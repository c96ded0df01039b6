"""The write side of dataset versions."""

from annotation.exports.services.freeze import dataset_freeze
from annotation.exports.services.labels import labels_start
from annotation.exports.services.write import dataset_write, dataset_zip, out_check

__all__ = ["dataset_freeze", "dataset_write", "dataset_zip", "labels_start", "out_check"]
