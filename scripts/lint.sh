#!/usr/bin/env bash
# Everything that can be said about the source without running it. Run by `make lint` and first by `make test`.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0

check() {
  local name=$1
  shift
  local began=$SECONDS output
  if output=$("$@" 2>&1); then
    printf '  ok      %-34s %3d s\n' "$name" $((SECONDS - began))
  else
    printf '  FAILED  %-34s %3d s\n%s\n' "$name" $((SECONDS - began)) "$output"
    failed=1
  fi
}

no_index_in_lock() {
  ! grep -nE '^ *(--(extra-)?index-url|--find-links|-i )|://' requirements.lock requirements-spark.lock
}

echo "lint"
check "format (ruff)" .venv/bin/ruff format --check -q .
check "style (ruff)" .venv/bin/ruff check -q .
check "types (mypy)" .venv/bin/mypy
check "floors (import-linter)" .venv/bin/lint-imports
check "translations complete" .venv/bin/python -m guildhall.core.i18n check
check "migrations written" .venv/bin/python -m django makemigrations --check --dry-run --settings guildhall.conf.test_settings
check "lock file names no index" no_index_in_lock
exit $failed
