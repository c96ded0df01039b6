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

# 5 is pytest's word for: nothing was collected.
some() {
  python -m pytest -q "$@" || [ $? -eq 5 ]
}

# Two processes throughout: tests with workers of their own mostly wait for them.
run() {
  local name="$1" small="$2" pages="$3"
  shift 3
  echo "== $name: tests without processes"
  # In the order given, which is that of their weight: a heavy file at the end would have one process wait for it.
  # shellcheck disable=SC2086
  python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "not slow and not e2e" $small "$@"
  echo "== $name: tests of pages"
  some -n 2 --dist loadfile -m "pages and not slow" "$pages" "$@"
  echo "== $name: tests with web and workers"
  some -n 2 --dist load -m "e2e and not pages and not slow" tests/e2e "$@"
}

echo "== the front end's own tests"
(cd frontend && npm run --silent test)

# Only what follows decides between the two runs.
unset DATABASE_URL CELERY_BROKER_URL
run "embedded default" "tests/mlbackend tests/annotation tests/architecture" tests/e2e "$@"

if servers="$(python -m tests.support.servers)"; then
  eval "$servers"
  # A simulation has a database and a broker of its own whatever is set here: once is enough.
  # Pages reach the database through the API, which is tested whole on both: one walk through all review pages is enough.
  # A benchmark by messages knows neither database nor platform, and one on the platform is jobs like any other.
  run "PostgreSQL and Redis" tests/annotation tests/e2e/test_whole_batch_by_keyboard.py \
    --ignore tests/annotation/simulation --ignore tests/annotation/benchmarks/test_real_run.py \
    --ignore tests/e2e/test_benchmark_queue.py --ignore tests/e2e/test_benchmark_run.py "$@"
else
  missing "PostgreSQL or Redis, see above; set TEST_DATABASE_URL and TEST_REDIS_URL to where they are"
fi
