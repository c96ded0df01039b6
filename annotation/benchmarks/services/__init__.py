"""Write side of benchmarks: asked for, followed, stopped, tried again."""

from annotation.benchmarks.services.control import benchmark_cancel, benchmark_retry, benchmark_withdraw
from annotation.benchmarks.services.follow import runs_advance
from annotation.benchmarks.services.start import benchmark_start

__all__ = ["benchmark_cancel", "benchmark_retry", "benchmark_start", "benchmark_withdraw", "runs_advance"]
