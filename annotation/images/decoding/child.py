"""The decoder's process: ``python -m annotation.images.decoding.child PARENT MEMORY_BYTES``.

It knows neither database nor storage, inherits no secret from its environment, and can neither write a file nor ask for
more memory than it is given. It reads one request after the other from its standard input and ends with it, with its
parent, or after ``IDLE_SECONDS`` without work.
"""

from __future__ import annotations

import os
import resource
import select
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings

IDLE_SECONDS = 120.0
_LOOK_SECONDS = 5.0
_LARGEST_FILE = 2**31

Answer = tuple[dict[str, Any], Any]
"""Header, and an array or None."""


def film(data: bytes, asked: dict[str, Any]) -> Answer:
    """A film's grey pixels and what its file says of it."""
    from annotation.images.reading import read_film

    found = read_film(data, name=asked["name"], field=asked["field"])
    told = {
        "format": found.format,
        "spacing_mm": found.spacing_mm,
        "window": found.window,
        "view": found.view,
        "patient_id": found.patient_id,
        "metadata": found.metadata,
    }
    return told, found.pixels


def png_values(data: bytes, asked: dict[str, Any]) -> Answer:
    """The values of a PNG as they are stored."""
    from annotation.images.reading.raster import read_png_values

    return {}, read_png_values(data, name=asked["name"], field=asked["field"])


READERS: dict[str, Callable[[bytes, dict[str, Any]], Answer]] = {"film": film, "png_values": png_values}


def answer(header: dict[str, Any], data: bytes) -> Answer:
    """What a reader makes of a request; what it refuses is in the header too."""
    from PIL import Image as PillowImage

    from annotation.common.errors import DomainError

    for name, value in header["limits"].items():
        setattr(settings, name, value)
    PillowImage.MAX_IMAGE_PIXELS = settings.IMAGE_MAX_PIXELS
    try:
        return READERS[header["reader"]](data, header)
    except DomainError as error:
        return {"refused": error.as_json()["error"]}, None
    except (MemoryError, RecursionError) as error:
        return {"failed": type(error).__name__}, None
    except Exception as error:  # a decoder's own fault: the words go to the log of the parent
        return {"broken": f"{type(error).__name__}: {error}"[:500]}, None


def give_up_rights(memory_bytes: int) -> None:
    """For good: more memory, files to write, cores. Only Linux has all of these limits; others run without them."""
    if sys.platform != "linux":
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def main(parent: int, memory_bytes: int) -> None:
    """Serve until nobody asks any more."""
    settings.configure(UPLOAD_MAX_BYTES=0, IMAGE_MAX_PIXELS=1)
    import cv2
    import numpy as np

    import annotation.images.reading  # noqa: F401  what it needs is loaded before rights are given up
    from annotation.images.decoding.frames import frame_head, frame_read

    cv2.setNumThreads(0)
    give_up_rights(memory_bytes)
    source, target = sys.stdin.buffer, sys.stdout.buffer

    def read(count: int) -> bytes:
        data = source.read(count)
        if len(data) < count:
            sys.exit(0)
        return data

    idle = 0.0
    while idle < IDLE_SECONDS and os.getppid() == parent:
        if not select.select([source], [], [], _LOOK_SECONDS)[0]:
            idle += _LOOK_SECONDS
            continue
        idle = 0.0
        header, data = frame_read(read, _LARGEST_FILE)
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime + header["seconds"]) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        told, pixels = answer(header, data)
        if pixels is not None:
            pixels = np.ascontiguousarray(pixels)
            told |= {"dtype": str(pixels.dtype), "shape": pixels.shape}
        body = memoryview(pixels).cast("B") if pixels is not None else memoryview(b"")
        target.write(frame_head(told, len(body)))
        target.write(body)
        target.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
