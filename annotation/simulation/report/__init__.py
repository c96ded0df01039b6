"""What a simulated run came to: ``report.json`` and a page that shows it."""

from annotation.simulation.report.build import build_report, write_report

__all__ = ["build_report", "write_report"]
