#!/usr/bin/env bash
# All tests: on the embedded default, then what leans on database and broker again on PostgreSQL and Redis. What would
# say the same there is marked one_database.
# With CI=true a missing PostgreSQL, Redis or browser is a failure; elsewhere it is left out, in words.
# Arguments go to every pytest. Tests marked slow have a command of their own: pytest -m slow
set -euo pipefail
cd "$(dirname "$0")/.."

export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
# Dozens of processes start here: each would compile every library anew.
unset PYTHONDONTWRITEBYTECODE
strict="${CI:-false}"

missing() {
  if [ "$strict" = true ]; then
    echo "missing: $1" >&2
    exit 1
  fi
  echo "left out: $1"
}

# What follows finds a schema to copy; migrating takes a process ten times as long.
make_schema() {
  local made
  made="$(python -m tests.support.schema)"
  eval "$made"
}

drop_schema() {
  [ -z "${GROUNDWORK_TEST_SCHEMA:-}" ] || python -m tests.support.schema --drop
}

# 5 is pytest's word for: nothing was collected.
some() {
  python -m pytest -q "$@" || [ $? -eq 5 ]
}

# In the order given, which is that of their weight: a heavy file at the end would have one process wait for it.
small() {
  local name="$1" processes="$2" chosen="$3"
  shift 3
  echo "== $name: tests without processes"
  python -m pytest -q -n "$processes" --dist loadfile --no-loadscope-reorder -m "not slow and not e2e$chosen" "$@"
}

# These mostly wait for a browser or for workers.
large() {
  local name="$1" processes="$2" pages="$3"
  shift 3
  echo "== $name: tests of pages"
  some -n "$processes" --dist loadfile -m "pages and not slow" "$pages" "$@"
  echo "== $name: tests with web and workers"
  some -n "$processes" --dist load -m "e2e and not pages and not slow" tests/e2e "$@"
}

# A simulation has a database and a broker of its own whatever is set here: once is enough.
# Pages reach the database through the API, which is tested whole on both: one walk through all review pages is enough.
# A benchmark by messages knows neither database nor platform, and one on the platform is jobs like any other.
on_servers() {
  local name="PostgreSQL and Redis"
  unset GROUNDWORK_TEST_SCHEMA
  # A shell that is told to end waits for the test that it runs.
  trap 'exit 143' TERM
  trap drop_schema EXIT
  eval "$servers"
  make_schema
  small "$name" 1 " and not one_database" tests/annotation --ignore tests/annotation/simulation "$@"
  large "$name" 1 tests/e2e/test_whole_batch_by_keyboard.py \
    --ignore tests/e2e/test_benchmark_queue.py --ignore tests/e2e/test_benchmark_run.py "$@"
}

# Nothing goes on, and nothing stays, however this command ends.
end() {
  if [ -n "$beside" ]; then
    kill -TERM -- "-$beside" 2>/dev/null || true
    wait "$beside" 2>/dev/null || true
    cat "$log"
    rm -f "$log"
  fi
  drop_schema
}
beside="" log=""
trap end EXIT

python -m tests.support.browser --install || missing "a browser; install chromium, or set GROUNDWORK_BROWSER to one"
servers="$(python -m tests.support.servers)" ||
  missing "PostgreSQL or Redis, see above; set TEST_DATABASE_URL and TEST_REDIS_URL to where they are"

# Only what the servers' part is told decides between the two.
unset DATABASE_URL CELERY_BROKER_URL GROUNDWORK_TEST_SCHEMA
make_schema
# Who may do what is asked of one database: of the servers where they are, as they hold in production.
rights="tests/annotation/access/test_table.py"
small "embedded default" 2 "" tests/mlbackend tests/annotation tests/architecture ${servers:+--ignore $rights} "$@"
if [ -n "$servers" ]; then
  # In a group of its own, so that all of it can be ended; what it says is kept until the others have ended.
  log="$(mktemp)"
  set -m
  (on_servers "$@") >"$log" 2>&1 &
  beside=$!
  set +m
fi
large "embedded default" 2 tests/e2e "$@"
if [ -n "$servers" ]; then
  status=0
  wait "$beside" || status=$?
  beside=""
  cat "$log"
  rm -f "$log"
  exit "$status"
fi
