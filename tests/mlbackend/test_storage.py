"""Storage by key: a folder for real, S3 against a client that keeps objects in memory."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from mlbackend.s3 import S3Storage
from mlbackend.storage import (
    FolderStorage,
    Storage,
    StorageError,
    StorageKeyError,
    StorageMissingError,
    check_key,
    open_storage,
)


class _Bucket:
    """The five calls that S3Storage makes, answered as S3 answers them."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def _need(self, key: str, code: str) -> bytes:
        if key not in self.objects:
            raise ClientError({"Error": {"Code": code}}, "GetObject")
        return self.objects[key]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self._need(Key, "NoSuchKey"))}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:
        self.objects[Key] = Body

    def head_object(self, Bucket: str, Key: str) -> None:
        self._need(Key, "404")

    def delete_object(self, Bucket: str, Key: str) -> None:
        self.objects.pop(Key, None)

    def get_paginator(self, name: str) -> _Bucket:
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": key}]} for key in self.objects if key.startswith(Prefix)] + [{}]


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return open_storage(f"file://{tmp_path}/store")
    return S3Storage("bucket", "some/prefix", client=_Bucket())


def test_what_was_written_is_read_back_and_replaced(storage: Storage) -> None:
    storage.write("a/b.bin", b"one")
    storage.write("a/b.bin", b"two")
    assert storage.read("a/b.bin") == b"two"
    assert storage.exists("a/b.bin")
    assert not storage.exists("a/c.bin")


def test_keys_are_listed_by_prefix_in_order(storage: Storage) -> None:
    for key in ("jobs/2/x", "jobs/1/y", "jobs/1/x", "other"):
        storage.write(key, b"")
    assert storage.list("jobs/1/") == ["jobs/1/x", "jobs/1/y"]
    assert storage.list("jobs/1/x") == ["jobs/1/x"]
    assert storage.list("") == ["jobs/1/x", "jobs/1/y", "jobs/2/x", "other"]
    assert storage.list("absent/") == []


def test_deleting_twice_is_no_error(storage: Storage) -> None:
    storage.write("a", b"1")
    storage.delete("a")
    storage.delete("a")
    assert not storage.exists("a")


def test_a_missing_file_is_named(storage: Storage) -> None:
    with pytest.raises(StorageMissingError, match=r"no file 'films/7\.png'"):
        storage.read("films/7.png")


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "a\\b", "a\0b", ".part-x"])
def test_keys_cannot_climb_out(storage: Storage, key: str) -> None:
    for call in (storage.read, storage.exists, storage.delete, lambda k: storage.write(k, b"")):
        with pytest.raises(StorageKeyError, match="not allowed"):
            call(key)


@given(st.text(max_size=20))
def test_an_allowed_key_stays_below_the_root(key: str) -> None:
    try:
        check_key(key)
    except StorageKeyError:
        return
    assert Path(os.path.normpath(Path("/srv/store") / key)).is_relative_to("/srv/store")
    assert os.path.normpath("/srv/store/" + key) != "/srv/store"


def test_a_link_inside_the_folder_leads_nowhere(tmp_path: Path) -> None:
    store = FolderStorage(tmp_path / "store")
    (tmp_path / "secret").write_text("s")
    (store.root / "out").symlink_to(tmp_path)
    with pytest.raises(StorageKeyError, match="link"):
        store.read("out/secret")


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStorage(tmp_path)
    store.write("a/result.json", b"old")

    def fail(handle: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match="no space left"):
        store.write("a/result.json", b"new")
    assert store.read("a/result.json") == b"old"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["result.json"]


@pytest.mark.parametrize("url", ["", "folder", "file://relative/x", "ftp://a/b", "s3:///x"])
def test_an_unknown_url_names_the_valid_forms(url: str) -> None:
    with pytest.raises(StorageError, match=r"file:///absolute/folder or s3://bucket/prefix"):
        open_storage(url)
