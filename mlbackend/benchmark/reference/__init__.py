"""The papers' result tables as facts: read, never computed, and each figure with the paper and table it stands in."""

from mlbackend.benchmark.reference.tables import PaperFigure, PaperTable, paper_table, table_names

__all__ = ["PaperFigure", "PaperTable", "paper_table", "table_names"]
