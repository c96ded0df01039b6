"""An S3 store of a test's own that can be taken away: it refuses connections, or answers 503 to everything."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from annotation.jobs.runtime import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
_BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class OwnStore:
    """Use as a context manager. What was stored is there again when the store comes back."""

    def __init__(self, bucket: str) -> None:
        self.bucket, self.port = bucket, free_port()
        self._app: Any = DomainDispatcherApplication(create_backend_app)
        self._server: BaseWSGIServer | None = None
        self.busy = False
        """While it is set, everything is answered 503."""

    @property
    def url(self) -> str:
        """STORAGE_URL of the bucket."""
        return f"s3://{self.bucket}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process must know to find it."""
        return {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}", "STORAGE_URL": self.url}

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self.busy:
            start_response("503 Slow Down", [("Content-Type", "application/xml"), ("Content-Length", str(len(_BUSY)))])
            return [_BUSY]
        return self._app(environ, start_response)  # type: ignore[no-any-return]

    def start(self) -> None:
        """Take connections."""
        self._server = make_server("127.0.0.1", self.port, self._answer, threaded=True)
        threading.Thread(target=self._server.serve_forever, name="store", daemon=True).start()

    def stop(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
