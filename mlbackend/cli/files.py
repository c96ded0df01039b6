"""The image files that a command is given."""

from __future__ import annotations

from pathlib import Path

from mlbackend.cli.errors import CommandError


def names_of(files: list[Path]) -> list[str]:
    """Names of the files without their endings; raises CommandError for a folder, or a name that comes twice."""
    for path in files:
        if path.is_dir():
            raise CommandError(f"{path} is a folder; name its files, such as {path}/*.png")
    names = [path.stem for path in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CommandError(f"two files are named {twice[0]!r}; what is drawn of them would overwrite each other")
    return names
