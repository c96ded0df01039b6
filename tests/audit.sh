#!/usr/bin/env bash
# Known faults of the Python and npm packages that are installed. Ends with 1 where there are any, with 2 where an
# advisory database cannot be reached: that is no clean result.
set -uo pipefail
cd "$(dirname "$0")/.."
found=0 unknown=0

# Name of the part, words that only its database's answer holds, command.
ask() {
  local name="$1" answered="$2" answer status
  shift 2
  echo "== $name"
  answer="$("$@" 2>&1)"
  status=$?
  echo "$answer"
  if [ "$status" -eq 0 ]; then
    return
  elif grep -qiE "$answered" <<<"$answer"; then
    found=1
  else
    echo "$name: the advisory database gave no answer. Run make audit where it can be reached." >&2
    unknown=1
  fi
}

ask "Python packages" "known vulnerabilit" pip-audit --strict --progress-spinner off --skip-editable --timeout 30
cd frontend
ask "npm packages" "severity|vulnerabilit" npm audit --audit-level=low

[ "$unknown" -eq 0 ] || exit 2
exit "$found"
