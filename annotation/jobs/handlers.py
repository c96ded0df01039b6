"""What follows the end of a job. Apps above register here by name, so that this app knows none of them.

A handler gets the ended job (succeeded, failed or cancelled) inside a transaction that also sets ``handled_at``: what
it writes to the database counts once. Files are outside that transaction, so a handler must bear being called again.
A sweeper is called at every sweep and mends what an app left half done.
"""

from __future__ import annotations

from collections.abc import Callable

from annotation.common.errors import InvalidInput
from annotation.jobs.models import Job

Handler = Callable[[Job], None]
Sweeper = Callable[[], None]

NOTHING = "nothing"
"""Name of the handler of jobs that nothing follows."""

_handlers: dict[str, Handler] = {NOTHING: lambda job: None}
_sweepers: list[Sweeper] = []


def register(name: str) -> Callable[[Handler], Handler]:
    """Decorator: the function handles the end of every job that was made with ``handler=name``."""

    def add(handler: Handler) -> Handler:
        if _handlers.get(name, handler) is not handler:
            raise ValueError(f"job handler {name!r} is registered twice; give each handler a name of its own")
        _handlers[name] = handler
        return handler

    return add


def unregister(name: str) -> None:
    """Forget a handler."""
    _handlers.pop(name, None)


def get(name: str) -> Handler:
    """The handler of a name; raises InvalidInput that lists the valid names."""
    try:
        return _handlers[name]
    except KeyError:
        raise InvalidInput(
            f"no job handler is named {name!r}",
            field="handler",
            value=name,
            remedy=f"use one of {', '.join(sorted(_handlers)) or 'none: no app has registered a handler'}",
        ) from None


def register_sweeper(sweeper: Sweeper) -> Sweeper:
    """Call the function at every sweep; usable as a decorator."""
    if sweeper not in _sweepers:
        _sweepers.append(sweeper)
    return sweeper


def unregister_sweeper(sweeper: Sweeper) -> None:
    """Forget a sweeper."""
    if sweeper in _sweepers:
        _sweepers.remove(sweeper)


def sweepers() -> tuple[Sweeper, ...]:
    """All sweepers in the order of their registration."""
    return tuple(_sweepers)
