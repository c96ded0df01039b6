"""Files by key: the platform's view of the storage that it shares with the workers."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from mlbackend.storage import Storage, open_storage


@lru_cache(maxsize=4)
def _open(url: str) -> Storage:
    return open_storage(url)


def blobs() -> Storage:
    """The storage named by STORAGE_URL: ``read``, ``write``, ``exists``, ``list``, ``delete`` by key."""
    return _open(settings.STORAGE_URL)


def blobs_make() -> bool:
    """Make the storage where it is a bucket that does not exist; whether it was made now. Raises StorageError."""
    storage = blobs()
    if not settings.STORAGE_URL.startswith("s3:"):
        return False
    from mlbackend.s3 import S3Storage

    return isinstance(storage, S3Storage) and storage.make()
