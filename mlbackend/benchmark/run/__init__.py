"""The grid's way from a dataset to a report, so that it can be stopped at any time and gone on with."""

from mlbackend.benchmark.run.folder import BenchmarkError, BenchmarkFolder
from mlbackend.benchmark.run.local import run_benchmark
from mlbackend.benchmark.run.queue import QueueRun, sender
from mlbackend.benchmark.run.together import run_together

__all__ = ["BenchmarkError", "BenchmarkFolder", "QueueRun", "run_benchmark", "run_together", "sender"]
