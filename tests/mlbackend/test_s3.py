"""Storage in a real S3 server, in this process: what a client with made-up answers would not tell."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from botocore.awsrequest import AWSResponse
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

from mlbackend import s3
from mlbackend.s3 import S3Storage
from mlbackend.storage import StorageError, StorageMissingError, open_storage


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of an S3 server on a free port."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        running.start()
        host, port = running.get_host_and_port()
        try:
            yield f"http://{host}:{port}"
        finally:
            running.stop()


@pytest.fixture
def store(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Storage]:
    """A bucket of this test's own, opened by URL as the processes do."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("STORAGE_ATTEMPTS", "3")
    s3._client.cache_clear()
    store = open_storage(f"s3://bucket-{uuid4().hex[:12]}/some/prefix")
    assert isinstance(store, S3Storage)
    assert store.make()
    yield store
    s3._client.cache_clear()


def failing(store: S3Storage, monkeypatch: pytest.MonkeyPatch, times: int, status: int = 503) -> list[str]:
    """Let the next requests be answered by an overloaded server; the list fills with their addresses."""
    asked: list[str] = []

    def answer(request: Any, **kwargs: Any) -> AWSResponse | None:
        asked.append(request.url)
        return AWSResponse(request.url, status, {}, _Body()) if len(asked) <= times else None

    store.client.meta.events.register_first("before-send.s3", answer, unique_id="failing")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return asked


class _Body:
    def stream(self, **kwargs: Any) -> Iterator[bytes]:
        yield b"<Error><Code>SlowDown</Code></Error>"


def test_files_are_written_read_replaced_listed_and_deleted(store: S3Storage) -> None:
    store.write("jobs/1/ä b+c%.json", b"one")
    store.write("jobs/1/ä b+c%.json", b"two")
    assert store.read("jobs/1/ä b+c%.json") == b"two"
    assert store.list("jobs/") == ["jobs/1/ä b+c%.json"]
    store.delete("jobs/1/ä b+c%.json")
    store.delete("jobs/1/ä b+c%.json")
    assert not store.exists("jobs/1/ä b+c%.json")
    with pytest.raises(StorageMissingError, match="no file"):
        store.read("jobs/1/ä b+c%.json")


def test_a_bucket_is_made_once(store: S3Storage) -> None:
    assert not store.make()
    store.probe()


def test_more_than_a_thousand_keys_are_listed_whole_and_in_order(store: S3Storage) -> None:
    keys = [f"masks/{number:05d}.png" for number in range(1003)]
    # Behind the server's back, as a thousand requests would take many seconds.
    for key in keys:
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object(store.bucket, store.prefix + key, b"")
    store.client.put_object(Bucket=store.bucket, Key="elsewhere/1", Body=b"")
    assert store.list("masks/") == keys
    assert store.list("") == keys


def test_a_long_file_goes_up_in_parts_and_comes_back_whole(store: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "MULTIPART_BYTES", 5 * 1024 * 1024)
    data = os.urandom(11 * 1024 * 1024)
    store.write("weights.safetensors", data)
    assert store.read("weights.safetensors") == data
    tag = store.client.head_object(Bucket=store.bucket, Key=store.prefix + "weights.safetensors")["ETag"]
    # The server's own mark of a file that came in three parts.
    assert tag.strip('"').endswith("-3")


def test_a_part_that_fails_for_good_leaves_no_file(store: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "MULTIPART_BYTES", 5 * 1024 * 1024)
    events = store.client.meta.events
    events.register_first("before-send.s3.UploadPart", lambda request, **_: AWSResponse(request.url, 500, {}, _Body()))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(StorageError, match=r"could not write 'weights\.safetensors'"):
        store.write("weights.safetensors", bytes(11 * 1024 * 1024))
    assert not store.exists("weights.safetensors")
    assert store.client.list_multipart_uploads(Bucket=store.bucket).get("Uploads", []) == []


def test_a_server_that_is_busy_for_a_moment_is_asked_again(store: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = failing(store, monkeypatch, times=2)
    store.write("result.json", b"{}")
    assert len(asked) == 3
    assert store.read("result.json") == b"{}"


def test_a_server_that_stays_busy_is_told_in_words(store: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = failing(store, monkeypatch, times=99)
    with pytest.raises(StorageError, match=r"could not write 'result\.json' in s3://bucket-\w+/some/prefix/"):
        store.write("result.json", b"{}")
    assert len(asked) == 3


def test_a_body_that_breaks_off_is_asked_for_again(store: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import IncompleteReadError

    store.write("film.png", b"whole")
    real, broken = store.client.get_object, [True]

    def get_object(**kwargs: Any) -> Any:
        answer = real(**kwargs)
        if broken.pop() if broken else False:

            def read() -> bytes:
                raise IncompleteReadError(actual_bytes=2, expected_bytes=5)

            answer["Body"].read = read
        return answer

    monkeypatch.setattr(store.client, "get_object", get_object)
    assert store.read("film.png") == b"whole"


def test_a_missing_bucket_is_not_taken_for_an_empty_one(store: S3Storage) -> None:
    other = S3Storage("nobody-made-this", client=store.client)
    for ask in (other.probe, lambda: other.list(""), lambda: other.write("a", b"")):
        with pytest.raises(StorageError, match="nobody-made-this"):
            ask()


def test_a_server_that_is_away_is_told_in_words(store: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("STORAGE_ATTEMPTS", "1")
    s3._client.cache_clear()
    away = open_storage("s3://bucket")
    for ask in (away.probe, lambda: away.read("a"), lambda: away.exists("a"), lambda: away.delete("a")):
        with pytest.raises(StorageError, match="Could not connect"):
            ask()


def test_who_reads_a_result_while_it_is_replaced_sees_one_of_the_two_whole(store: S3Storage) -> None:
    # The result file is put into place last: whoever sees it may rely on it.
    contents = [bytes([letter]) * 200_000 for letter in b"ab"]
    store.write("result.json", contents[0])
    stop = threading.Event()

    def replace() -> None:
        while not stop.is_set():
            for content in contents:
                store.write("result.json", content)

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        assert {store.read("result.json") for _ in range(30)} <= set(contents)
    finally:
        stop.set()
        writer.join()


def test_all_of_a_process_share_one_client(store: S3Storage) -> None:
    # Making one takes a tenth of a second, and each keeps connections of its own.
    assert open_storage("s3://other").client is store.client  # type: ignore[attr-defined]
