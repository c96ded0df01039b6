"""Where films, masks, weights and results lie: a folder or an S3 bucket, read and written by key.

A key is a relative path with ``/`` between its parts, for example ``jobs/4/attempt-001/result.json``.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import unquote, urlsplit

_TEMPORARY = ".part-"
DATA = "data/"
"""Where a dataset lies in an ``OverlayStorage``."""


class StorageError(Exception):
    """Storage could not do what was asked; the words say what and where."""


class StorageKeyError(StorageError, ValueError):
    """A key that is empty, absolute or climbs out of the storage."""


class StorageMissingError(StorageError, FileNotFoundError):
    """Nothing is stored under the key."""

    def __str__(self) -> str:
        return str(self.args[0])


class Storage(Protocol):
    """Files by key. A reader sees an old file or a whole new one, never a half-written one."""

    def read(self, key: str) -> bytes:
        """Content of a file; raises StorageMissingError where there is none."""
        ...

    def write(self, key: str, data: bytes) -> None:
        """Put a whole file into place, replacing an older one in one step."""
        ...

    def exists(self, key: str) -> bool:
        """Whether a file lies under the key."""
        ...

    def list(self, prefix: str) -> list[str]:
        """Keys that start with ``prefix``, sorted."""
        ...

    def delete(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        ...

    def probe(self) -> None:
        """Raise StorageError in words where nothing could be read or written now."""
        ...


def check_key(key: str) -> str:
    """Return the key if it stays inside the storage; raises StorageKeyError otherwise."""
    parts = key.split("/")
    if not key or key.startswith("/") or "\\" in key or "\0" in key or any(part in ("", ".", "..") for part in parts):
        raise StorageKeyError(
            f"storage key {key!r} is not allowed: use a relative path such as 'jobs/4/result.json' "
            "without empty parts, '.', '..' or backslashes"
        )
    if PurePosixPath(parts[-1]).name.startswith(_TEMPORARY):
        raise StorageKeyError(f"storage key {key!r} is not allowed: names that start with {_TEMPORARY!r} are reserved")
    return key


class FolderStorage:
    """A folder on this machine or on a shared file system."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.root.mkdir(parents=True, exist_ok=True)

    def _path(self, key: str) -> Path:
        path = self.root / check_key(key)
        # A link inside the folder could lead out although the key looks harmless.
        if not path.parent.resolve().is_relative_to(self.root) or path.is_symlink():
            raise StorageKeyError(f"storage key {key!r} leads out of the storage folder through a link")
        return path

    def read(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise StorageMissingError(f"storage has no file {key!r} under {self.root}") from error
        except OSError as error:
            raise StorageError(f"storage could not read {key!r} under {self.root}: {error}") from error

    def write(self, key: str, data: bytes) -> None:
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).chmod(0o644)
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            # Without this the new name may be lost in a power cut although its content is on disk.
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise StorageError(f"storage could not write {key!r} under {self.root}: {error}") from error

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def list(self, prefix: str) -> list[str]:
        folder, _, _ = prefix.rpartition("/")
        if folder:
            check_key(folder)
        top = self.root / folder if folder else self.root
        keys = (
            (Path(base) / name).relative_to(self.root).as_posix()
            for base, _, names in os.walk(top)
            for name in names
            if not name.startswith(_TEMPORARY)
        )
        return sorted(key for key in keys if key.startswith(prefix))

    def delete(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            self._path(key).unlink()

    def probe(self) -> None:
        if not self.root.is_dir():
            raise StorageError(f"storage folder {self.root} is not there; mount it, or correct STORAGE_URL")
        if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
            raise StorageError(f"storage folder {self.root} cannot be written by this process's user; change its owner")


class OverlayStorage:
    """A dataset that is only read, below ``DATA``, and a working folder for all else."""

    def __init__(self, data: Storage, work: Storage) -> None:
        self.data, self.work = data, work

    def _of(self, key: str) -> tuple[Storage, str]:
        return (self.data, key.removeprefix(DATA)) if key.startswith(DATA) else (self.work, key)

    def read(self, key: str) -> bytes:
        storage, key = self._of(key)
        return storage.read(key)

    def write(self, key: str, data: bytes) -> None:
        if key.startswith(DATA):
            raise StorageKeyError(f"key {key!r} lies among the data, which is only read")
        self.work.write(key, data)

    def exists(self, key: str) -> bool:
        storage, key = self._of(key)
        return storage.exists(key)

    def list(self, prefix: str) -> list[str]:
        if prefix.startswith(DATA):
            return [DATA + key for key in self.data.list(prefix.removeprefix(DATA))]
        return self.work.list(prefix)

    def delete(self, key: str) -> None:
        if key.startswith(DATA):
            raise StorageKeyError(f"key {key!r} lies among the data, which is only read")
        self.work.delete(key)

    def probe(self) -> None:
        self.data.probe()
        self.work.probe()


class PrefixStorage:
    """The part of a storage below ``prefix``, which ends with a slash."""

    def __init__(self, whole: Storage, prefix: str) -> None:
        check_key(prefix.removesuffix("/"))
        self.whole, self.prefix = whole, prefix.removesuffix("/") + "/"

    def read(self, key: str) -> bytes:
        return self.whole.read(self.prefix + key)

    def write(self, key: str, data: bytes) -> None:
        self.whole.write(self.prefix + key, data)

    def exists(self, key: str) -> bool:
        return self.whole.exists(self.prefix + key)

    def list(self, prefix: str) -> list[str]:
        return [key.removeprefix(self.prefix) for key in self.whole.list(self.prefix + prefix)]

    def delete(self, key: str) -> None:
        self.whole.delete(self.prefix + key)

    def probe(self) -> None:
        self.whole.probe()


def open_storage(url: str) -> Storage:
    """Storage of a URL: ``file:///absolute/folder`` (made if absent) or ``s3://bucket/prefix``.

    Raises StorageError with the valid forms where the URL is neither.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return FolderStorage(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        # Only where it is used: the client is large.
        from mlbackend.s3 import S3Storage

        return S3Storage(parts.netloc, parts.path)
    raise StorageError(f"storage URL {url!r} is not valid: use file:///absolute/folder or s3://bucket/prefix")
