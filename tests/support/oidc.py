"""A small OpenID Connect provider in a thread: discovery, code flow with PKCE and nonce, identities signed by RSA."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlparse

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET, KID = "groundwork", "a secret of the client, long enough", "key-1"
# Made once: a key takes longer than all else here.
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """``claims`` is who signs in; ``twist`` changes what the provider says, to see whether a lie is believed."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {"sub": "subject-1", "email": "rita@example.org", "email_verified": True}
        self.twist: dict[str, Any] = {}
        self.key = _KEY
        self.algorithm = "RS256"
        self.issuer_said = ""
        self.userinfo: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.exchanges: list[dict[str, str]] = []

    def __enter__(self) -> Self:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self)

            def do_POST(self) -> None:
                provider.answer(self)

            def log_message(self, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """By path."""
        path = urlparse(handler.path).path
        if path == "/.well-known/openid-configuration":
            body = {
                "issuer": self.issuer_said or self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/keys",
            }
        elif path == "/keys":
            public = json.loads(RSAAlgorithm.to_jwk(_KEY.public_key()))
            body = {"keys": [{**public, "kid": KID, "alg": "RS256", "use": "sig"}]}
        elif path == "/userinfo":
            body = self.userinfo
        elif path == "/token":
            length = int(handler.headers.get("Content-Length", 0))
            body = self.exchange({k: v[0] for k, v in parse_qs(handler.rfile.read(length).decode()).items()})
        else:
            body = {"error": "not_found"}
        data = json.dumps(body).encode()
        handler.send_response(400 if "error" in body else 200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def authorize(self, url: str) -> str:
        """What the person does at the provider: the address to which the browser is sent back."""
        asked = {name: values[0] for name, values in parse_qs(urlparse(url).query).items()}
        assert url.startswith(f"{self.issuer}/authorize?")
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert (asked["code_challenge_method"], "openid" in asked["scope"].split()) == ("S256", True)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"]})

    def exchange(self, form: dict[str, str]) -> dict[str, Any]:
        """A code for an identity, as the specifications say: once, to the client, for the verifier of the challenge."""
        self.exchanges.append(form)
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        fits = asked and challenge == asked["code_challenge"] and form.get("redirect_uri") == asked["redirect_uri"]
        if not fits or (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return {"error": "invalid_grant"}
        assert asked is not None
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims = {**claims, **self.claims, **self.twist}
        key: Any = SECRET if self.algorithm == "HS256" else None if self.algorithm == "none" else self.key
        token = jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": KID})
        return {"access_token": "access", "token_type": "Bearer", "id_token": token}


def other_key() -> rsa.RSAPrivateKey:
    """A key that the provider does not publish."""
    return _OTHER_KEY
