"""One person's browser: a session or a token on one connection that is kept open, and its clock of answers."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

IDLE_SECONDS = 1.5
"""A server closes a silent connection after two seconds; who writes at that moment loses the request."""


class LostError(Exception):
    """The connection ended before the answer came: the server may have done what was asked, or not."""


@dataclass(frozen=True)
class Answer:
    """What the server said; ``seconds`` from the first byte sent to the last one read."""

    status: int
    content: bytes
    seconds: float

    def json(self) -> Any:
        """The body, or an empty dict where it is no JSON."""
        with contextlib.suppress(ValueError):
            return json.loads(self.content)
        return {}

    @property
    def code(self) -> str:
        """The error's code; empty where it is none of ours."""
        error = self.json().get("error") if self.status >= 400 else None
        return str(error.get("code", "")) if isinstance(error, dict) else ""


@dataclass(frozen=True)
class Asked:
    """A request: ``body`` is JSON's, ``form`` (fields, PNG or None) a form's with the file field ``mask``."""

    kind: str
    method: str
    path: str
    body: Any = None
    form: tuple[Mapping[str, Any], bytes] | None = None

    def encoded(self) -> tuple[bytes | None, dict[str, str]]:
        """Body and the headers that say what it is."""
        if self.form is not None:
            return _multipart(*self.form)
        if self.body is None:
            return None, {}
        return json.dumps(self.body).encode(), {"Content-Type": "application/json"}


def _multipart(fields: Mapping[str, Any], png: bytes) -> tuple[bytes, dict[str, str]]:
    edge = f"edge-{uuid.uuid4().hex}"
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="mask"; filename="mask.png"\r\n'
    parts += [head.encode(), b"Content-Type: image/png\r\n\r\n", png, f"\r\n--{edge}--\r\n".encode()]
    return b"".join(parts), {"Content-Type": f"multipart/form-data; boundary={edge}"}


class Browser:
    """Asks one at a time. ``headers`` go with every request, such as those that a proxy would add."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None, timeout: float = 120) -> None:
        place = urlsplit(url)
        self._secure = place.scheme == "https"
        self._host, self._port, self._timeout = place.hostname or "", place.port, timeout
        self._own = dict(headers or {})
        self._connection: http.client.HTTPConnection | None = None
        self._used = 0.0
        self._cookies: dict[str, str] = {}
        self.times: dict[str, list[float]] = defaultdict(list)
        """Seconds of each answer by kind of request."""

    def sign_in(self, username: str, password: str) -> None:
        """Start a session as the sign-in page does. Raises RuntimeError where the server says no."""
        self.ask(Asked("csrf", "GET", "/api/csrf"))
        answer = self.ask(Asked("sign-in", "POST", "/api/sign-in", {"username": username, "password": password}))
        if answer.status != 200:
            raise RuntimeError(f"{username} could not sign in: {answer.status} {answer.content[:300]!r}")

    def use_token(self, token: str) -> None:
        """Speak as the owner of a bearer token instead."""
        self._own["Authorization"] = f"Bearer {token}"

    def ask(self, asked: Asked) -> Answer:
        """Send and read the answer. Raises LostError where the connection breaks."""
        started = time.perf_counter()
        connection = self._open()
        self._send(connection, asked)
        answer = self._read(connection, started)
        self.times[asked.kind].append(answer.seconds)
        return answer

    def ask_twice(self, asked: Asked) -> list[Answer]:
        """The same request on two connections at once, as two windows would send it; both answers."""
        started = time.perf_counter()
        with contextlib.closing(self._connect()) as second:
            first = self._open()
            for connection in (first, second):
                self._send(connection, asked)
            answers = [self._read(connection, started) for connection in (first, second)]
        self.times[asked.kind].append(answers[0].seconds)
        return answers

    def ask_and_hang_up(self, asked: Asked, *, half: bool = False) -> None:
        """Send all of the request, or the first ``half`` of it, and close the connection without reading."""
        connection = self._open()
        if not half:
            self._send(connection, asked)
        else:
            body, headers = self._encoded(asked)
            body = body or b""
            with self._may_break():
                connection.putrequest(asked.method, asked.path, skip_accept_encoding=True, skip_host="Host" in headers)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    connection.putheader(name, value)
                connection.endheaders(body[: len(body) // 2])
        self.close()

    def close(self) -> None:
        """Hang up; the next request connects anew."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        return kind(self._host, self._port, timeout=self._timeout)

    def _open(self) -> http.client.HTTPConnection:
        if time.monotonic() - self._used > IDLE_SECONDS:
            self.close()
        self._connection = self._connection or self._connect()
        return self._connection

    def _encoded(self, asked: Asked) -> tuple[bytes | None, dict[str, str]]:
        body, headers = asked.encoded()
        headers |= self._own
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if asked.method not in {"GET", "HEAD"} and (token := self._csrf()):
            headers["X-CSRFToken"] = token
            # As a browser does; behind TLS the server asks for one of the two.
            headers["Origin"] = f"https://{self._own['Host']}" if "Host" in self._own else ""
        return body, {name: value for name, value in headers.items() if value}

    def _csrf(self) -> str:
        return next((value for name, value in self._cookies.items() if name.endswith("csrftoken")), "")

    def _send(self, connection: http.client.HTTPConnection, asked: Asked) -> None:
        body, headers = self._encoded(asked)
        with self._may_break():
            connection.request(asked.method, asked.path, body, headers)

    def _read(self, connection: http.client.HTTPConnection, started: float) -> Answer:
        with self._may_break():
            response = connection.getresponse()
            content = response.read()
        if connection is self._connection:
            self._used = time.monotonic()
            if response.will_close:
                self.close()
        for header in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(header).items():
                self._cookies[name] = morsel.value
        return Answer(response.status, content, time.perf_counter() - started)

    @contextlib.contextmanager
    def _may_break(self) -> Any:
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise LostError(repr(error)) from error
