"""The files that a command is given: films, and the folders of networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from mlbackend.cli.errors import CommandError
from mlbackend.data.reading import ImageError

T = TypeVar("T")
CARD, WEIGHTS = "card.json", "weights.safetensors"


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


def read_film(path: Path, read: Callable[[bytes, str], T]) -> T:
    """What ``read`` makes of a file's bytes and its name; raises ImageError, with a remedy, where it cannot be read."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ImageError(f"{path}: there is no such file; correct its name") from error
    except OSError as error:
        raise ImageError(f"{path}: the file cannot be opened ({error.strerror}); make it readable") from error
    return read(content, str(path))


def read_card(folder: Path, option: str) -> dict[str, Any]:
    """Card of the network in ``folder``, which ``option`` named; raises CommandError where there is none."""
    remedy = f"name a folder that train or a benchmark wrote with {option}"
    for name in (CARD, WEIGHTS):
        if not (folder / name).is_file():
            raise CommandError(f"{folder}: no network there, {name} is missing; {remedy}")
    try:
        return dict(json.loads((folder / CARD).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise CommandError(f"{folder / CARD}: cannot be read ({error}); {remedy}") from error
