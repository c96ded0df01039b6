"""PostgreSQL dies while reviewers work."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tests.faults.house import House
from tests.faults.invariants import survived
from tests.faults.reviewers import Crowd, Ledger
from tests.support.own_servers import OwnPostgres

pytestmark = pytest.mark.django_db(transaction=True)
AWAY_SECONDS = 4.0


def test_postgresql_killed_and_stopped_while_reviewers_post_verdicts(
    house: House, postgres: OwnPostgres, tell: Callable[..., Any]
) -> None:
    house.review(batch=130, readers=6)
    house.start()
    ledger = Ledger()
    with Crowd(house, ledger) as crowd:
        for strike in (postgres.kill, postgres.stop):
            count = len(ledger.acts)
            while len(ledger.acts) < count + 20:
                time.sleep(0.02)
            strike()
            connection.close()
            time.sleep(AWAY_SECONDS)
            postgres.start()
        crowd.done()
    assert ledger.told()["database_unavailable"] >= 2, "nobody noticed"
    tell(**survived(house, ledger))
