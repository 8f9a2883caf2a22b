#!/usr/bin/env bash
# Measures what docs/performance.md promises, on SQLite and, where the machine has it, PostgreSQL (fsync on).
# Every figure is also kept as a JSON line in build/bench/figures.jsonl.
set -uo pipefail
cd "$(dirname "$0")/.."
unset DATABASE_URL
while IFS= read -r name; do unset "$name"; done < <(compgen -e | grep '^GUILDHALL_' || true)
failed=0

measure() {
  .venv/bin/python -m "benchmarks.$1" || failed=1
  .venv/bin/python scripts/with_postgres.py .venv/bin/python -m "benchmarks.$1"
  local code=$?
  if [ $code -eq 77 ]; then echo "$1 on PostgreSQL: SKIPPED"; elif [ $code -ne 0 ]; then failed=1; fi
}

echo "== simulator"
.venv/bin/python -m benchmarks.simulator || failed=1
echo "== settle"
.venv/bin/python -m benchmarks.settle || failed=1
echo "== clocks"
.venv/bin/python -m benchmarks.clocks || failed=1
echo "== feeds"
.venv/bin/python -m benchmarks.feeds || failed=1
for bench in intake desk_intake telegram discord wecom imports house pages ledger desk_pages desk_clocks duty; do
  echo "== $bench"
  measure "$bench"
done
echo "== facts"
.venv/bin/python -m benchmarks.facts || failed=1
echo "== effects"
.venv/bin/python -m benchmarks.effects || failed=1
if [ -n "${LABELLED:-}" ]; then
  echo "== guard_rules"
  .venv/bin/python -m benchmarks.guard_rules "$LABELLED" || failed=1
  echo "== guard_score"
  .venv/bin/python -m benchmarks.guard_score "$LABELLED" || failed=1
  for bench in guard_text guard_robust; do
    echo "== $bench"
    .venv/bin/python -m "benchmarks.$bench" "$LABELLED" || failed=1
  done
else
  echo "== the guard on labelled messages: SKIPPED, give it labelled messages: make bench LABELLED=messages.jsonl"
fi
if [ -n "${BAD_DOMAINS:-}" ] && [ -n "${GOOD_DOMAINS:-}" ]; then
  echo "== guard_domains"
  .venv/bin/python -m benchmarks.guard_domains "$BAD_DOMAINS" "$GOOD_DOMAINS" || failed=1
else
  echo "== guard_domains: SKIPPED, give it names: make bench BAD_DOMAINS=bad.jsonl GOOD_DOMAINS=good.jsonl"
fi
exit $failed
