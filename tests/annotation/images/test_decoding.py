"""Files are decoded by a process of its own: whatever one does to it, its row is refused and the rest goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.common.errors import InvalidInput
from annotation.images.decoding import pool as pools
from annotation.images.decoding.pool import Pool, decode_film, decode_png_values
from annotation.images.models import Image
from annotation.images.reading import read_film
from annotation.masks.services.manifest_import import manifest_import
from tests.annotation.images import bad_decoder
from tests.factories import ProjectFactory
from tests.support.pictures import film_hw, mask_png_bytes, png_bytes

pytestmark = pytest.mark.one_database

SECONDS = 2.0
FAULTS = {
    bad_decoder.CRASH: "the decoder crashed",
    bad_decoder.HANG: "the decoder took longer than 2 s",
    bad_decoder.SPIN: "the decoder took longer than 2 s",
    bad_decoder.SWELL: "the decoder ran out of memory",
    bad_decoder.LIE: "the decoder crashed",
    bad_decoder.CHATTER: "the decoder crashed",
}


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Pool]:
    """Decoders that have faults, in place of the real ones."""
    settings.DECODER_SECONDS = SECONDS
    pool = Pool(2, "tests.annotation.images.bad_decoder")
    monkeypatch.setattr(pools, "pool", lambda: pool)
    yield pool
    pool.end()


def film_with(word: bytes = b"", seed: int = 1) -> bytes:
    """A PNG with a word behind its last chunk."""
    return png_bytes(film_hw(96, 128, seed)) + word


def test_the_other_process_reads_what_this_one_would() -> None:
    data = film_with(seed=3)
    here, there = read_film(data), decode_film(data)
    assert np.array_equal(here.pixels, there.pixels)
    assert (here.format, here.window, here.metadata) == (there.format, there.window, there.metadata)
    mask = np.zeros((40, 50), bool)
    mask[3:9] = True
    assert np.array_equal(decode_png_values(mask_png_bytes(mask)) > 0, mask)


def test_what_it_refuses_is_said_in_the_same_words(settings: Any) -> None:
    settings.IMAGE_MAX_PIXELS = 1000
    for data in (film_with(), b"GIF89a", b"", film_with()[:-40]):
        with pytest.raises(InvalidInput) as here:
            read_film(data, name="a.png")
        with pytest.raises(InvalidInput) as there:
            decode_film(data, name="a.png")
        assert there.value.as_json() == here.value.as_json()


def test_a_fault_refuses_the_file_alone_and_the_next_one_is_read(bad: Pool) -> None:
    for word, words in FAULTS.items():
        started = time.monotonic()
        with pytest.raises(InvalidInput, match=words):
            decode_film(film_with(word), name="film.png")
        assert time.monotonic() - started < SECONDS + 30
        assert decode_film(film_with()).width == 128


@pytest.mark.django_db
def test_an_import_goes_on_behind_files_that_kill_their_decoder(bad: Pool, tmp_path: Path) -> None:
    words = [b"", bad_decoder.CRASH, b"", bad_decoder.SWELL, b"", bad_decoder.HANG, b""]
    for number, word in enumerate(words):
        (tmp_path / f"{number}.png").write_bytes(film_with(word, seed=number))
    (tmp_path / "manifest.csv").write_text("\n".join(["image", *(f"{n}.png" for n in range(len(words)))]))
    report = manifest_import(project=ProjectFactory(), manifest=tmp_path / "manifest.csv", role="pool")
    refused = {
        problem.row: problem.message for problem in report.problems if problem.severity == "error" and problem.row
    }
    assert {row: text.rpartition(": ")[2] for row, text in refused.items()} == {
        3: FAULTS[bad_decoder.CRASH], 5: FAULTS[bad_decoder.SWELL], 7: FAULTS[bad_decoder.HANG]
    }  # fmt: skip
    assert Image.objects.count() == 4


def test_the_decoder_has_little_memory_writes_no_file_and_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a-key-to-keep")
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody:password@host/db")
    own = Pool(1, "annotation.images.decoding.child")
    try:
        limits = {"UPLOAD_MAX_BYTES": 10**6, "IMAGE_MAX_PIXELS": 10**6}
        header = {"reader": "film", "name": "", "field": "image", "limits": limits, "seconds": 30}
        own.ask(header, film_with())
        (decoder,) = own._idle
        place = Path(f"/proc/{decoder.process.pid}")
        environment = place.joinpath("environ").read_text()
        assert "SECRET_KEY" not in environment
        assert "password" not in environment
        told = {line[:26].strip(): line[26:].split()[0] for line in place.joinpath("limits").read_text().splitlines()}
        assert int(told["Max address space"]) <= 4 * 1024**3
        assert told["Max file size"] == told["Max core file size"] == "0"
        assert int(told["Max open files"]) == 64
    finally:
        own.end()


def test_decoders_wait_for_work_and_end_with_their_pool() -> None:
    own = Pool(2, "annotation.images.decoding.child")
    header = {"reader": "png_values", "name": "", "field": "mask", "limits": {}, "seconds": 30}
    header["limits"] = {"UPLOAD_MAX_BYTES": 10**6, "IMAGE_MAX_PIXELS": 10**6}
    for _ in range(3):
        own.ask(header, mask_png_bytes(np.ones((4, 4), bool)))
    (decoder,) = own._idle
    own.end()
    with pytest.raises(ProcessLookupError):
        os.kill(decoder.process.pid, 0)
