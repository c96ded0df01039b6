"""Decoders that wait for work, one for each thread that needs one, and what comes back from them."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import threading
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from annotation.common.errors import InvalidInput
from annotation.images.decoding.frames import FrameError
from annotation.images.decoding.process import Answer, Decoder, DecoderEnded
from annotation.images.reading.film import Film

log = logging.getLogger(__name__)

DEPTHS = {"uint8", "uint16", "uint32", "int32"}


class Pool:
    """At most ``size`` decoders; a thread that comes when all are busy waits. ``module`` is what a decoder runs."""

    def __init__(self, size: int, module: str) -> None:
        self.module = module
        self._free = threading.BoundedSemaphore(size)
        self._idle: list[Decoder] = []
        self._lock = threading.Lock()

    def ask(self, header: dict[str, Any], data: bytes) -> Answer:
        """A decoder's answer. Raises DecoderEnded, FrameError; the decoder is gone then, and the next one is fresh."""
        with self._free:
            while True:
                with self._lock:
                    decoder = self._idle.pop() if self._idle else None
                fresh = decoder is None
                decoder = decoder or Decoder(self.module, settings.DECODER_MEMORY_BYTES)
                try:
                    answer = decoder.ask(header, data, settings.DECODER_SECONDS, largest=8 * settings.IMAGE_MAX_PIXELS)
                except BaseException as error:
                    decoder.end()
                    # One that had nothing to do for long goes by itself, perhaps just now.
                    if isinstance(error, DecoderEnded) and error.returncode == 0 and not fresh:
                        continue
                    if isinstance(error, DecoderEnded) and fresh and (error.returncode or 0) > 0:
                        raise RuntimeError("the decoder does not start; its words stand above in the log") from error
                    raise
                with self._lock:
                    self._idle.append(decoder)
                return answer

    def end(self) -> None:
        """Stop the decoders that wait; the next request starts new ones."""
        with self._lock:
            decoders, self._idle = self._idle, []
        for decoder in decoders:
            decoder.end()


@lru_cache(maxsize=2)
def _pool_of(process: int) -> Pool:
    # A forked process must not share its parent's pipes: each has a pool of its own.
    own = Pool(max(2, os.cpu_count() or 1), "annotation.images.decoding.child")
    atexit.register(own.end)
    return own


def pool() -> Pool:
    """This process's decoders."""
    return _pool_of(os.getpid())


def decode_film(data: bytes, *, name: str = "", field: str = "image") -> Film:
    """As ``reading.read_film``, in another process. Raises InvalidInput, also where the decoder died of the file."""
    told, pixels = _decode("film", data, name=name, field=field)
    try:
        if pixels.dtype not in (np.uint8, np.uint16):
            raise TypeError(f"a film of {pixels.dtype}")
        return Film(
            pixels=pixels,
            format=str(told["format"]),
            spacing_mm=_numbers(told["spacing_mm"]),
            window=_numbers(told["window"]),
            view=str(told["view"]),
            patient_id=str(told["patient_id"]),
            metadata={str(key): str(value) for key, value in dict(told["metadata"]).items()},
        )
    except (KeyError, TypeError, ValueError) as error:
        log.warning("a decoder gave an answer that is no film: %s", error)
        raise _ended(name, field, "crashed") from error


def decode_png_values(data: bytes, *, name: str = "", field: str = "mask") -> NDArray[Any]:
    """As ``reading.raster.read_png_values``, in another process; raises InvalidInput."""
    return _decode("png_values", data, name=name, field=field)[1]


def _numbers(values: Any) -> list[float] | None:
    return None if values is None else [float(value) for value in values]


def _decode(reader: str, data: bytes, *, name: str, field: str) -> tuple[dict[str, Any], NDArray[Any]]:
    limits = {key: getattr(settings, key) for key in ("UPLOAD_MAX_BYTES", "IMAGE_MAX_PIXELS")}
    header = {"reader": reader, "name": name, "field": field, "limits": limits, "seconds": settings.DECODER_SECONDS}
    try:
        told, body = pool().ask(header, data)
    except DecoderEnded as error:
        log.warning("a decoder ended while it read a file: %s", error)
        raise _ended(name, field, _in_words(error)) from error
    except FrameError as error:
        log.warning("a decoder gave no answer that can be read: %s", error)
        raise _ended(name, field, "crashed") from error
    said = told.get("refused")
    if isinstance(said, dict) and "message" in said:
        raise InvalidInput(
            str(said["message"]), field=str(said.get("field", "")), value=said.get("value"),
            remedy=str(said.get("remedy", "")),
        )  # fmt: skip
    if "failed" in told:
        raise _ended(name, field, "ran out of memory" if told["failed"] == "MemoryError" else "found no end")
    if "broken" in told:
        log.warning("a decoder failed: %s", told["broken"])
        raise _ended(name, field, "failed")
    return told, _pixels(told, body, name=name, field=field)


def _pixels(told: dict[str, Any], body: bytearray, *, name: str, field: str) -> NDArray[Any]:
    """The array, after a check that it is what the header says and no larger than pictures may be."""
    stated, dtype = told.get("shape"), str(told.get("dtype"))
    shape = tuple(stated) if isinstance(stated, list) else ()
    fits = len(shape) == 2 and all(isinstance(n, int) and 0 < n <= settings.IMAGE_MAX_PIXELS for n in shape)
    if not fits or dtype not in DEPTHS or shape[0] * shape[1] * np.dtype(dtype).itemsize != len(body):
        raise _ended(name, field, "crashed")
    return np.frombuffer(body, dtype=dtype).reshape(shape)


def _in_words(error: DecoderEnded) -> str:
    if error.late or error.returncode == -signal.SIGXCPU:
        return f"took longer than {settings.DECODER_SECONDS:g} s"
    return "ran out of memory" if error.returncode == -signal.SIGKILL else "crashed"


def _ended(name: str, field: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"{name or 'the file'} cannot be decoded: the decoder {what}", field=field, value=name or None,
        remedy="save the file anew with another program, as PNG",
    )  # fmt: skip
