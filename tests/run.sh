#!/usr/bin/env bash
# All tests: on the embedded default, then what touches database and broker again on PostgreSQL and Redis.
# With CI=true a missing PostgreSQL, Redis or browser is a failure; elsewhere it is left out, in words.
# Arguments go to every pytest. Tests marked slow have a command of their own: pytest -m slow
set -euo pipefail
cd "$(dirname "$0")/.."

export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
strict="${CI:-false}"

missing() {
  if [ "$strict" = true ]; then
    echo "missing: $1" >&2
    exit 1
  fi
  echo "left out: $1"
}

python -m tests.support.browser --install || missing "a browser; install chromium, or set GROUNDWORK_BROWSER to one"

# Two processes for the many small tests; those with processes of their own one after the other, for two cores.
run() {
  local name="$1" small="$2" large="$3"
  shift 3
  echo "== $name: tests without processes"
  python -m pytest -q -n 2 --dist loadfile -m "not slow and not e2e" "$small" "$@"
  echo "== $name: tests with web and workers"
  # 5 is pytest's word for: nothing was collected.
  python -m pytest -q -m "e2e and not slow" "$large" "$@" || [ $? -eq 5 ]
}

# Only what follows decides between the two runs.
unset DATABASE_URL CELERY_BROKER_URL
run "embedded default" tests tests "$@"

if servers="$(python -m tests.support.servers)"; then
  eval "$servers"
  # The simulation has a database and a broker of its own whatever is set here: once is enough.
  run "PostgreSQL and Redis" tests/annotation tests/e2e "$@"
else
  missing "PostgreSQL or Redis, see above; set TEST_DATABASE_URL and TEST_REDIS_URL to where they are"
fi
