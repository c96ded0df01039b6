"""What is too large, said to the person who meets it: few of them have ever seen a setting."""

from __future__ import annotations


def bytes_in_words(count: int) -> str:
    """``64 MB``; whole units where they are."""
    for unit, size in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if count >= size:
            return f"{count / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{count} bytes"


def too_large(count: int, limit: int) -> str:
    """``80 MB, more than the 64 MB allowed``."""
    return f"{bytes_in_words(count)}, more than the {bytes_in_words(limit)} allowed"


def smaller_or_ask(setting: str) -> str:
    """What to do about a file that is too large; the setting is for whoever is asked."""
    return f"save it smaller, or ask whoever runs this installation to raise the limit ({setting})"
