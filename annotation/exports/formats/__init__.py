"""The files of a dataset version, made from its rows alone, always the same bytes."""

from annotation.exports.formats.files import ExportFile, dataset_files

__all__ = ["ExportFile", "dataset_files"]
