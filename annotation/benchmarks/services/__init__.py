"""Write side of benchmarks: asked for, followed, stopped, tried again."""

from annotation.benchmarks.services.control import benchmark_cancel, benchmark_retry
from annotation.benchmarks.services.follow import runs_advance
from annotation.benchmarks.services.start import benchmark_start

__all__ = ["benchmark_cancel", "benchmark_retry", "benchmark_start", "runs_advance"]
