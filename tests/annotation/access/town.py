"""Two sibling projects and everybody who might ask something of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import transaction
from rest_framework.test import APIClient

from annotation.accounts.models import ApiToken, User
from tests.annotation.access.table import OUTSIDER, SIBLING, STRANGER, SUPERUSER, Row
from tests.annotation.access.world import Side, digest
from tests.factories import SuperuserFactory, UserFactory, token_for


class Town:
    """Both projects, and a client of everybody."""

    def __init__(self, folder: Path) -> None:
        self.left, self.right = Side("left", 1, folder / "left"), Side("right", 7, folder / "right")
        people: dict[str, User] = {
            OUTSIDER: UserFactory(username="outsider"),
            SUPERUSER: SuperuserFactory(username="root"),
            "staff": UserFactory(username="staff", is_staff=True),
            **self.left.people,
            SIBLING: self.right.ruler,
        }
        token_for(people[OUTSIDER])
        for side in (self.left, self.right):
            side.names["token"] = ApiToken.objects.get(user=people[OUTSIDER]).pk
            side.names["person"] = people[OUTSIDER].pk
        self.sessions = {name: self._session(person) for name, person in people.items()}
        self.sessions[STRANGER] = self._session(None)
        self.rulers = {"left": self._session(self.left.ruler), "right": self._session(self.right.ruler)}
        self._clients: dict[str, APIClient] = {}
        """Kept, as each loads the middleware anew."""
        self.before = digest()

    def _session(self, person: User | None) -> str:
        client = APIClient()
        if person is not None:
            client.force_login(person)
        return client.cookies["sessionid"].value if person is not None else ""

    def client(self, session: str) -> APIClient:
        """The session's, with its cookie alone: what an answer sets is not kept for the next request."""
        client = self._clients.setdefault(session, APIClient())
        client.cookies.clear()
        if session:
            client.cookies["sessionid"] = session
        return client

    def ask(self, row: Row, session: str, *, slug: str = "", side: Side | None = None) -> Any:
        """The row's request on objects of ``side``, in a transaction that is undone where it succeeds."""
        client = self.client(session)
        side = side or self.left
        body = row.body(side) if callable(row.body) else row.body
        path = row.path.format(**{**side.names, **({"slug": slug} if slug else {})})
        url = path if path.startswith("/") else f"/api/{path}"
        options = {"format": "multipart" if row.form else "json"} if row.method != "get" else {}
        with transaction.atomic():
            answer = getattr(client, row.method)(url, body, **options)
            if answer.status_code < 400:
                if answer.streaming:
                    b"".join(answer.streaming_content)
                transaction.set_rollback(True)
        return answer

    def unchanged(self) -> None:
        """No row of any table differs from what was there at first."""
        now = digest()
        changed = [table for table in now if now[table] != self.before.get(table)]
        assert not changed, f"refused requests changed {changed}"
