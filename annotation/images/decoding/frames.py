"""What goes through the pipe to the decoder and back: a line of JSON and bytes, nothing that could be executed."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any, TypeVar

Buffer = TypeVar("Buffer", bytes, bytearray)
_SIZES = struct.Struct(">II")
PREFIX = _SIZES.size
MAX_HEADER = 1024 * 1024


class FrameError(RuntimeError):
    """The other side sent no frame."""


def frame_head(header: dict[str, Any], body_bytes: int) -> bytes:
    """What stands before a body of so many bytes."""
    text = json.dumps(header).encode()
    return _SIZES.pack(len(text), body_bytes) + text


def frame_read(read: Callable[[int], Buffer], largest: int) -> tuple[dict[str, Any], Buffer]:
    """Header and body; ``read(n)`` gives exactly n bytes. Raises FrameError for what is too large or no JSON object."""
    header_bytes, body_bytes = _SIZES.unpack(read(PREFIX))
    if header_bytes > MAX_HEADER or body_bytes > largest:
        raise FrameError(f"a frame of {header_bytes} + {body_bytes} bytes")
    try:
        header = json.loads(read(header_bytes))
    except ValueError as error:
        raise FrameError("a header that is no JSON") from error
    if not isinstance(header, dict):
        raise FrameError("a header that is no object")
    return header, read(body_bytes)
