"""Starting and stopping web, platform worker and GPU worker as one. Imports no Django: it only starts processes."""

from annotation.jobs.runtime.alone import alone_in
from annotation.jobs.runtime.processes import Processes, ProcessesError, free_port

__all__ = ["Processes", "ProcessesError", "alone_in", "free_port"]
