"""Image files as they come, and masks as they go."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from mlbackend.data import reading
from mlbackend.data.reading import ImageError, read_gray, read_mask, write_mask

RAMP = np.add.outer(np.arange(32), np.arange(48)).astype(np.uint8) * 3


def _encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


def test_grey_png_is_read_as_it_is() -> None:
    assert np.array_equal(read_gray(_encode(Image.fromarray(RAMP))), RAMP)


def test_colour_and_opaque_alpha_of_grey_values_are_those_values() -> None:
    for mode in ("RGB", "RGBA", "LA"):
        assert np.abs(read_gray(_encode(Image.fromarray(RAMP).convert(mode))).astype(int) - RAMP).max() <= 1


def test_transparent_pixels_are_black() -> None:
    rgba = np.dstack([RAMP, RAMP, RAMP, np.full_like(RAMP, 255)])
    rgba[:, :10, 3] = 0
    gray = read_gray(_encode(Image.fromarray(rgba)))
    assert gray[:, :10].max() == 0
    assert np.abs(gray[:, 10:].astype(int) - RAMP[:, 10:]).max() <= 1


def test_a_palette_is_looked_up() -> None:
    indices = Image.fromarray((RAMP > 60).astype(np.uint8), mode="P")
    indices.putpalette([10, 10, 10, 200, 200, 200])
    assert np.array_equal(read_gray(_encode(indices)), np.where(RAMP > 60, 200, 10))


def test_jpeg_is_near_its_source() -> None:
    assert np.abs(read_gray(_encode(Image.fromarray(RAMP), "JPEG", quality=95)).astype(int) - RAMP).mean() < 3


def test_sixteen_bits_are_windowed_to_eight_in_order() -> None:
    deep = (RAMP.astype(np.uint16) + 100) * 16
    gray = read_gray(_encode(Image.fromarray(deep)))
    assert gray.dtype == np.uint8
    assert gray.min() == 0
    assert gray.max() == 255
    order = np.argsort(deep.ravel(), kind="stable")
    assert (np.diff(gray.ravel()[order].astype(int)) >= 0).all()


def test_a_constant_film_of_sixteen_bits_is_black() -> None:
    assert read_gray(_encode(Image.fromarray(np.full((4, 5), 700, np.uint16)))).max() == 0


@pytest.mark.parametrize("data", [b"", b"not an image", _encode(Image.fromarray(RAMP))[:60]])
def test_what_is_no_image_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(ImageError, match="film 7"):
        read_gray(data, "film 7")


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_PIXELS", 1000)
    monkeypatch.setattr(reading.cv2, "imdecode", lambda *a: pytest.fail("was decoded"))
    with pytest.raises(ImageError, match=r"48 x 32 pixels.*1000"):
        read_gray(_encode(Image.fromarray(RAMP)))


@given(arrays(bool, st.tuples(st.integers(1, 20), st.integers(1, 20))))
def test_a_mask_comes_back_as_it_went(mask: np.ndarray) -> None:
    data = write_mask(mask)
    assert data == write_mask(mask.copy(order="F"))
    assert Image.open(io.BytesIO(data)).mode == "1"
    assert np.array_equal(read_mask(data), mask)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), mask)


def test_a_stack_is_no_mask() -> None:
    with pytest.raises(ImageError, match="height, width"):
        write_mask(np.zeros((2, 3, 4), bool))
