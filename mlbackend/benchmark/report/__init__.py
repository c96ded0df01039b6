"""The report of a benchmark: tables in the papers' form, tests, curves, cases; from files alone, without torch."""

from mlbackend.benchmark.report.inputs import ReportError
from mlbackend.benchmark.report.write import write_report

__all__ = ["ReportError", "write_report"]
