"""A decoder whose libraries have the faults that such libraries have had: some files make it crash, hang or swell."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

from annotation.images.decoding import child

CRASH, HANG, SPIN, SWELL, LIE, CHATTER = b"CRASH", b"HANG", b"SPIN", b"SWELL", b"LIE", b"CHATTER"
_film = child.READERS["film"]


def film(data: bytes, asked: dict[str, Any]) -> child.Answer:
    """As the real one, but for files that hold one of the words."""
    if CRASH in data:
        os.kill(os.getpid(), signal.SIGSEGV)
    if HANG in data:
        time.sleep(600)
    while SPIN in data:
        pass
    if SWELL in data:
        return {}, bytearray(64 * 1024**3)
    told, pixels = _film(data, asked)
    if LIE in data:
        # As one that an attacker has taken over could answer.
        return {**told, "format": "png"}, pixels.astype("float64")
    if CHATTER in data:
        os.write(1, b"no frame at all, but many words")
    return told, pixels


child.READERS["film"] = film

if __name__ == "__main__":
    child.main(int(sys.argv[1]), int(sys.argv[2]))
