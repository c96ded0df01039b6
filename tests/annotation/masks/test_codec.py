"""Masks go through PNG and RLE unchanged; what is no mask is refused in words."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image as PillowImage
from pycocotools import mask as coco

from annotation.common.errors import InvalidInput
from annotation.masks.codec import decode_mask_png, decode_png, decode_rle, encode_png, encode_rle, pad_png
from tests.annotation.images.files import bomb, saved

pytestmark = pytest.mark.one_database

masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40))
RING = np.zeros((9, 11), dtype=bool)
RING[1:8, 2:9] = True
RING[3:6, 4:7] = False


def decode(data: bytes, shape: tuple[int, int] = (9, 11)) -> np.ndarray:
    return decode_mask_png(data, width=shape[1], height=shape[0], field="mask")


def refused(data: bytes, shape: tuple[int, int] = (9, 11)) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        decode(data, shape)
    assert caught.value.field == "mask"
    assert caught.value.remedy
    return caught.value


@given(masks)
def test_png_round_trip(mask: np.ndarray) -> None:
    data = encode_png(mask)
    assert np.array_equal(decode(data, mask.shape), mask)
    assert np.array_equal(decode_png(data), mask)
    assert encode_png(mask.copy(order="F")) == data


@given(masks)
def test_pillow_reads_what_we_write_as_1_bit(mask: np.ndarray) -> None:
    with PillowImage.open(io.BytesIO(encode_png(mask))) as picture:
        picture.load()
        assert picture.mode == "1"
        assert np.array_equal(np.asarray(picture), mask)


@given(masks)
def test_rle_is_pycocotools_own_bit_for_bit_and_comes_back(mask: np.ndarray) -> None:
    ours = encode_rle(mask)
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert ours == {"size": list(mask.shape), "counts": theirs["counts"].decode()}
    assert np.array_equal(coco.decode(theirs).astype(bool), mask)
    assert np.array_equal(decode_rle(ours), mask)


def test_a_hole_survives_both_codecs() -> None:
    assert not decode(encode_png(RING))[4, 5]
    assert not decode_rle(encode_rle(RING))[4, 5]


@settings(max_examples=200)
@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_run_lengths_that_do_not_fit_are_refused_before_memory_is_touched(counts: str) -> None:
    try:
        mask = decode_rle({"size": [3, 4], "counts": counts})
    except InvalidInput:
        return
    assert mask.shape == (3, 4)


@pytest.mark.parametrize("top", [1, 255])
def test_grey_masks_of_two_values_are_read(top: int) -> None:
    assert np.array_equal(decode(saved(PillowImage.fromarray(RING.astype(np.uint8) * top))), RING)


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "RGBA", "LA"])
def test_black_and_white_in_another_mode_is_read(mode: str) -> None:
    assert np.array_equal(decode(saved(PillowImage.fromarray(RING.astype(np.uint8) * 255).convert(mode))), RING)


def test_an_empty_and_a_full_mask_are_masks() -> None:
    assert not decode(encode_png(np.zeros((9, 11), bool))).any()
    assert decode(encode_png(np.ones((9, 11), bool))).all()


def test_more_than_two_values_are_refused_with_their_number() -> None:
    smooth = np.linspace(0, 255, 99).astype(np.uint8).reshape(9, 11)
    assert "99 values" in refused(saved(PillowImage.fromarray(smooth))).message


@pytest.mark.parametrize("values", [(0, 128), (3, 255), (7, 7)])
def test_two_values_of_which_none_is_clearly_foreground_are_refused(values: tuple[int, int]) -> None:
    refused(saved(PillowImage.fromarray(np.where(RING, values[1], values[0]).astype(np.uint8))))


def test_colours_are_refused() -> None:
    colour = np.zeros((9, 11, 3), np.uint8)
    colour[RING] = [255, 0, 0]
    refused(saved(PillowImage.fromarray(colour)))


def test_another_size_is_refused_with_both_sizes() -> None:
    message = refused(encode_png(RING), (10, 11)).message
    assert "11 x 9" in message
    assert "11 x 10" in message


@pytest.mark.parametrize("data", [b"", b"GIF89a", encode_png(RING)[:-30], encode_png(RING)[:60]])
def test_what_is_no_whole_png_is_refused(data: bytes) -> None:
    refused(data)


def test_a_jpeg_is_refused() -> None:
    refused(saved(PillowImage.fromarray(RING.astype(np.uint8) * 255), "JPEG"))


def test_a_bomb_is_refused_by_its_header() -> None:
    assert "more than" in refused(bomb(), (10_000, 10_000)).message


def test_a_shown_masks_file_is_as_long_as_its_film_says_whatever_is_drawn() -> None:
    rng = np.random.default_rng(0)
    masks = [np.zeros((96, 80), bool), np.pad(np.ones((40, 30), bool), ((30, 26), (20, 30)))]
    masks.append(masks[1] ^ (rng.random((96, 80)) > 0.98))
    padded = [pad_png(encode_png(mask), width=80, height=96) for mask in masks]
    assert {len(png) for png in padded} == {8 * (80 + 96)}
    for mask, png in zip(masks, padded, strict=True):
        assert np.array_equal(decode_png(png), mask)
        assert np.array_equal(decode_mask_png(png, width=80, height=96), mask)


def test_a_mask_of_pure_noise_takes_the_next_length_and_keeps_its_pixels() -> None:
    noise = np.random.default_rng(1).random((300, 300)) > 0.5
    png = pad_png(encode_png(noise), width=300, height=300)
    assert len(png) == 8 * 600 * 4
    assert np.array_equal(decode_png(png), noise)


@pytest.mark.parametrize("shape", [(1, 1), (7, 9), (48, 64), (3, 1000)])
def test_our_own_file_and_anybody_elses_of_the_same_mask_are_read_alike(shape: tuple[int, int]) -> None:
    mask = np.random.default_rng(3).random(shape) > 0.5
    foreign = io.BytesIO()
    PillowImage.fromarray(mask).convert("L").save(foreign, "PNG")
    own = decode_png(encode_png(mask))
    np.testing.assert_array_equal(own, mask)
    np.testing.assert_array_equal(decode_png(foreign.getvalue()), own)
    assert own.dtype == bool


def test_a_file_of_ours_that_is_damaged_is_never_read_as_another_mask() -> None:
    mask = np.zeros((40, 50), bool)
    mask[10:30, 5:20] = True
    png = encode_png(mask)
    for place in range(len(png)):
        damaged = png[:place] + bytes([png[place] ^ 0x10]) + png[place + 1 :]
        try:
            found = decode_png(damaged)
        except (OSError, SyntaxError, ValueError, zlib.error):
            continue
        np.testing.assert_array_equal(found, mask)
