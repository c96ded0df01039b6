"""Storage in a bucket of Amazon's S3 or of a store that speaks its language."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mlbackend.environment import read
from mlbackend.storage import StorageError, StorageMissingError, check_key

MULTIPART_BYTES = 64 * 1024 * 1024
"""Longer files go up in parts of this size, each tried again by itself; they appear when the last one is there."""
CONNECTIONS = 32
_ERRORS = (Boto3Error, BotoCoreError, ClientError)


class S3Storage:
    """A prefix of an S3-compatible bucket; credentials, region and endpoint come from the AWS environment variables.

    A request that fails in a way that may pass is tried again, STORAGE_ATTEMPTS times in all.
    """

    def __init__(self, bucket: str, prefix: str = "", client: Any = None) -> None:
        self.client, self.bucket = client if client is not None else _client(os.getpid()), bucket
        self.prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""

    def _name(self, key: str) -> str:
        return self.prefix + check_key(key)

    def _error(self, verb: str, key: str, error: Exception) -> StorageError:
        return StorageError(f"storage could not {verb} {key!r} in s3://{self.bucket}/{self.prefix}: {error}")

    def read(self, key: str) -> bytes:
        """As ``Storage``. A body that breaks off is asked for again: the client itself tries only until it begins."""
        name, attempts = self._name(key), int(read("STORAGE_ATTEMPTS"))
        for attempt in range(1, attempts + 1):
            try:
                return bytes(self.client.get_object(Bucket=self.bucket, Key=name)["Body"].read())
            except ClientError as error:
                if _is_missing(error):
                    words = f"storage has no file {key!r} in s3://{self.bucket}/{self.prefix}"
                    raise StorageMissingError(words) from error
                raise self._error("read", key, error) from error
            except BotoCoreError as error:
                if attempt == attempts:
                    raise self._error("read", key, error) from error
        raise AssertionError("STORAGE_ATTEMPTS is at least 1")

    def write(self, key: str, data: bytes) -> None:
        """As ``Storage``."""
        name = self._name(key)
        if len(data) > MULTIPART_BYTES:
            parts = TransferConfig(multipart_threshold=MULTIPART_BYTES, multipart_chunksize=MULTIPART_BYTES)
            self._do(
                "write", key, lambda: self.client.upload_fileobj(io.BytesIO(data), self.bucket, name, Config=parts)
            )
        else:
            self._do("write", key, lambda: self.client.put_object(Bucket=self.bucket, Key=name, Body=data))

    def exists(self, key: str) -> bool:
        """As ``Storage``."""
        try:
            self.client.head_object(Bucket=self.bucket, Key=self._name(key))
        except ClientError as error:
            if _is_missing(error):
                return False
            raise self._error("look up", key, error) from error
        except BotoCoreError as error:
            raise self._error("look up", key, error) from error
        return True

    def list(self, prefix: str) -> list[str]:
        """As ``Storage``; a thousand keys a request."""
        pages = self.client.get_paginator("list_objects_v2").paginate
        found = self._do("list", prefix, lambda: list(pages(Bucket=self.bucket, Prefix=self.prefix + prefix)))
        return sorted(item["Key"][len(self.prefix) :] for page in found for item in page.get("Contents", []))

    def delete(self, key: str) -> None:
        """As ``Storage``."""
        name = self._name(key)
        self._do("delete", key, lambda: self.client.delete_object(Bucket=self.bucket, Key=name))

    def probe(self) -> None:
        """As ``Storage``. A key that is looked up tells nothing here: where the bucket is missing, so are all keys."""
        self._do("reach", "", lambda: self.client.head_bucket(Bucket=self.bucket))

    def make(self) -> bool:
        """Make the bucket where it does not exist; whether it was made now. Raises StorageError."""
        try:
            self.client.head_bucket(Bucket=self.bucket)
            return False
        except ClientError as error:
            if not _is_missing(error):
                raise self._error("reach", "", error) from error
        except BotoCoreError as error:
            raise self._error("reach", "", error) from error
        self._do("make", "", lambda: self.client.create_bucket(Bucket=self.bucket))
        return True

    def _do(self, verb: str, key: str, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except _ERRORS as error:
            raise self._error(verb, key, error) from error


def _is_missing(error: Any) -> bool:
    return str(error.response.get("Error", {}).get("Code", "")) in ("404", "NoSuchKey", "NoSuchBucket", "NotFound")


@lru_cache(maxsize=2)
def _client(process: int) -> Any:
    """One client a process: its making costs a tenth of a second, its connections must not be shared after a fork."""
    config = Config(
        connect_timeout=read("STORAGE_CONNECT_SECONDS"),
        read_timeout=read("STORAGE_READ_SECONDS"),
        retries={"mode": "standard", "total_max_attempts": read("STORAGE_ATTEMPTS")},
        max_pool_connections=CONNECTIONS,
        # Stores other than Amazon's do not all know the newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return boto3.session.Session().client(
        "s3", endpoint_url=read("AWS_ENDPOINT_URL"), region_name=read("AWS_DEFAULT_REGION"), config=config
    )
