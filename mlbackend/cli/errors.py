"""What a command says in one line, without a traceback."""

from __future__ import annotations


class CommandError(RuntimeError):
    """A command that could not be done; says why."""
