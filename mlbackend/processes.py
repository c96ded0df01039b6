"""A process that does not outlive its parent. Imports neither torch nor Django."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None, number: int = signal.SIGKILL) -> None:
    """Ask the kernel for a signal when the thread that made this process ends, also by kill -9.

    ``parent`` is the process id that the caller takes for its parent; where that one is gone already, the signal is
    raised at once. Only Linux has this; elsewhere nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), number)


def spin_little() -> None:
    """Let torch's waiting threads give their core away soon; call it before torch is imported.

    Threads that spin long while they wait starve each other where other work shares the cores: a training beside a busy
    web server fell to a tenth. A short spin costs nothing on an idle machine. Read by OpenMP when torch is imported.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")
