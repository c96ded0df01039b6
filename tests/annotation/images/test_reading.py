"""Originals are read rightly, or refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from annotation.common.errors import InvalidInput
from annotation.images.analysis import decode_rendition, encode_rendition
from annotation.images.reading import read_film
from annotation.images.reading.film import to_8bit
from tests.annotation.images.files import bomb, dicom, png, saved

pytestmark = pytest.mark.one_database

DATA = Path(__file__).resolve().parents[3] / "../shared/data"
GREY = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10


def refused(data: bytes, name: str = "film.png") -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read_film(data, name=name)
    error = caught.value
    assert error.field == "image"
    assert error.value == name
    assert error.remedy
    assert "Traceback" not in error.message
    return error


def test_an_8_bit_grey_png_keeps_its_pixels() -> None:
    film = read_film(saved(PillowImage.fromarray(GREY)))
    assert np.array_equal(film.pixels, GREY)
    assert (film.width, film.height, film.bits, film.format) == (6, 4, 8, "png")


def test_a_16_bit_grey_png_keeps_all_bits() -> None:
    deep = (GREY.astype(np.uint16) * 257) + 3
    film = read_film(saved(PillowImage.fromarray(deep)))
    assert film.bits == 16
    assert np.array_equal(film.pixels, deep)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "1"])
def test_grey_in_another_mode_is_the_same_grey(mode: str) -> None:
    grey = GREY if mode != "1" else np.where(GREY > 100, 255, 0).astype(np.uint8)
    film = read_film(saved(PillowImage.fromarray(grey).convert(mode)))
    assert np.array_equal(film.pixels, grey)


def test_a_palette_is_looked_up_and_not_taken_for_grey_values() -> None:
    picture = PillowImage.fromarray(np.array([[0, 1], [1, 0]], dtype=np.uint8), mode="P")
    picture.putpalette([200, 200, 200, 30, 30, 30])
    assert read_film(saved(picture)).pixels.tolist() == [[200, 30], [30, 200]]


def test_colour_becomes_luminance() -> None:
    colour = np.zeros((1, 3, 3), dtype=np.uint8)
    colour[0, 0, 0] = colour[0, 1, 1] = colour[0, 2, 2] = 255
    # ITU-R BT.601: 0.299, 0.587, 0.114 of 255.
    assert read_film(saved(PillowImage.fromarray(colour))).pixels.tolist() == [[76, 150, 29]]


def test_what_is_transparent_is_black_whatever_colour_hides_there() -> None:
    rgba = np.full((2, 2, 4), 255, dtype=np.uint8)
    rgba[0, 0, 3] = 0
    assert read_film(saved(PillowImage.fromarray(rgba))).pixels.tolist() == [[0, 255], [255, 255]]


def test_16_bit_colour_stays_16_bit() -> None:
    row = b"\0" + np.array([1000, 1000, 1000, 65535, 65535, 65535], dtype=">u2").tobytes()
    film = read_film(png(2, 1, 16, 2, row))
    assert film.bits == 16
    assert film.pixels.tolist() == [[1000, 65535]]


def test_a_cmyk_jpeg_is_read_as_the_grey_that_it_shows() -> None:
    grey = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (64, 1))
    film = read_film(saved(PillowImage.fromarray(grey).convert("RGB").convert("CMYK"), "JPEG", quality=98))
    assert np.abs(film.pixels.astype(int) - grey).mean() < 3


def test_a_film_that_exif_says_is_turned_is_turned_back() -> None:
    picture = PillowImage.fromarray(GREY)
    exif = picture.getexif()
    exif[0x0112] = 6
    film = read_film(saved(picture, exif=exif))
    assert np.array_equal(film.pixels, np.rot90(GREY, -1))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_truncated_file_is_refused(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    data = saved(PillowImage.fromarray(noise), kind)
    assert "truncated" in refused(data[: len(data) // 2]).message


@pytest.mark.parametrize(
    "data", [b"", b"<html>not found</html>", b"MZ" + b"\0" * 500, b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]
)
def test_a_disguised_or_empty_file_is_refused(data: bytes) -> None:
    refused(data)


def test_a_100_megapixel_bomb_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: Any, **__: Any) -> None:
        raise AssertionError("decoded before the size was checked")

    monkeypatch.setattr("annotation.images.reading.raster.PillowImage.open", decode)
    assert "10000 x 10000" in refused(bomb()).message


def test_a_file_above_the_limit_of_bytes_is_refused_unread(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    assert "11 bytes" in refused(b"x" * 11).message


def test_a_damaged_byte_in_a_png_is_noticed() -> None:
    data = bytearray(saved(PillowImage.fromarray(GREY)))
    data[45] ^= 0xFF
    refused(bytes(data))


def test_12_bit_dicom_is_spread_over_16_bits_without_loss() -> None:
    stored = np.array([[0, 1, 2048], [4094, 4095, 7]], dtype=np.uint16)
    film = read_film(dicom(stored, bits=12, PixelSpacing=["0.2", "0.3"], ViewPosition="PA"))
    assert film.bits == 16
    assert np.array_equal(film.pixels >> 4, stored)
    assert film.pixels.max() == 65535
    assert film.spacing_mm == [0.2, 0.3]
    assert (film.view, film.patient_id) == ("PA", "MRN-7")


def test_dicom_tells_the_day_of_its_study_where_it_still_holds_one() -> None:
    stored = np.array([[0, 255], [100, 7]], dtype=np.uint8)
    assert read_film(dicom(stored, bits=8)).metadata == {"modality": "DX"}
    film = read_film(dicom(stored, bits=8, StudyDate="20200531", AcquisitionDate="20200601"))
    assert film.metadata == {"modality": "DX", "study_date": "20200531"}


def test_monochrome1_is_inverted() -> None:
    stored = np.array([[0, 255], [100, 7]], dtype=np.uint8)
    film = read_film(dicom(stored, bits=8, PhotometricInterpretation="MONOCHROME1"))
    assert np.array_equal(film.pixels, 255 - stored)


def test_signed_pixels_and_a_rescale_keep_their_order_and_move_the_window() -> None:
    stored = np.array([[-2048, 0], [1, 2047]], dtype=np.int16)
    film = read_film(
        dicom(stored, bits=12, RescaleSlope="2", RescaleIntercept="-100", WindowCenter="-100", WindowWidth="400")
    )
    assert np.argsort(film.pixels.ravel()).tolist() == [0, 1, 2, 3]
    # Centre -100 is stored 0, which is level 2048 of 4096, sixteen times that in 16 bits; 400 is 200 stored steps.
    assert film.window == [2048 * 16, 200 * 16]
    assert film.pixels[0, 1] >> 4 == 2048


def test_a_negative_slope_turns_bright_and_dark() -> None:
    stored = np.array([[0, 255]], dtype=np.uint8)
    assert read_film(dicom(stored, bits=8, RescaleSlope="-1", RescaleIntercept="255")).pixels.tolist() == [[255, 0]]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"Modality": "MR"}, "modality MR"),
        ({"NumberOfFrames": "2"}, "2 frames"),
        ({"Rows": 20_000, "Columns": 20_000}, "20000 x 20000"),
        ({"PixelData": b"\0\0"}, "cannot be decoded"),
    ],
)
def test_dicom_that_is_no_single_radiograph_is_refused(values: dict[str, Any], word: str) -> None:
    assert word in refused(dicom(np.zeros((4, 4), np.uint8), bits=8, **values), "film.dcm").message


@pytest.mark.parametrize("pixels", [GREY, GREY.astype(np.uint16) * 250 + 1])
def test_a_rendition_is_lossless(pixels: np.ndarray) -> None:
    back = decode_rendition(encode_rendition(pixels))
    assert back.dtype == pixels.dtype
    assert np.array_equal(back, pixels)


def test_a_16_bit_film_is_shown_through_its_window() -> None:
    deep = np.array([[0, 1000, 2000, 3000]], dtype=np.uint16)
    assert to_8bit(deep, [1500, 1000]).tolist() == [[0, 0, 255, 255]]


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the real images are not beside the project")
class TestRealFiles:
    @pytest.mark.parametrize("path", sorted((DATA / "originals/images").glob("*")), ids=lambda p: p.stem[:20])
    def test_an_original_has_the_size_of_its_mask_and_the_grey_of_its_colours(self, path: Path) -> None:
        film = read_film(path.read_bytes())
        with PillowImage.open(DATA / "originals/masks" / f"{path.stem}.png") as mask:
            assert mask.size == (film.width, film.height)
        with PillowImage.open(path) as picture:
            rgba = np.asarray(picture.convert("RGBA")).astype(float)
        opaque = rgba[..., 3] == 255
        assert opaque.mean() > 0.99
        assert np.abs(film.pixels - rgba[..., :3] @ [0.299, 0.587, 0.114])[opaque].max() <= 1

    @pytest.mark.parametrize("name", ["highdicom_dx_mono1_dog.dcm", "nih_cxr_dx_1024.dcm"])
    def test_a_radiograph_is_read_with_the_lungs_darker_than_the_trunk(self, name: str) -> None:
        film = read_film((DATA / "dicom" / name).read_bytes())
        assert film.pixels.std() > 10

    @pytest.mark.parametrize(
        "name", ["pydicom_ct_small_128.dcm", "pydicom_mr_small_wrong_modality.dcm", "pydicom_no_meta.dcm"]
    )
    def test_other_dicom_is_refused(self, name: str) -> None:
        refused((DATA / "dicom" / name).read_bytes(), name)
