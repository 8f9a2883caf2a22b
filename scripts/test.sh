#!/usr/bin/env bash
# All that must hold before a change lands: lint, then unit and property tests on SQLite, those that another database
# could change again on PostgreSQL, then the browser. What the machine lacks is skipped loudly. `scripts/test.sh STAGE...`
# runs only those.
set -uo pipefail
cd "$(dirname "$0")/.."
stages=("${@:-all}")
results=build/tests
rm -rf "$results"
mkdir -p "$results"
began=$SECONDS
failed=()
skipped=()

unset DATABASE_URL
while IFS= read -r name; do unset "$name"; done < <(compgen -e | grep '^GUILDHALL_' || true)
export PYTHONDONTWRITEBYTECODE='' PYTHONHASHSEED=0 HYPOTHESIS_PROFILE=steady TZ=UTC LC_ALL=C.UTF-8

wanted() { [[ " ${stages[*]} " == *" all "* || " ${stages[*]} " == *" $1 "* ]]; }

stage() {
  local name=$1
  shift
  wanted "$name" || return 0
  local from=$SECONDS code
  echo
  echo "== $name"
  "$@"
  code=$?
  if [ $code -ne 0 ]; then failed+=("$name"); fi
  echo "== $name: $([ $code -eq 0 ] && echo ok || echo "FAILED ($code)") in $((SECONDS - from)) s"
}

# A test that hangs says where it stood and fails; the rest go on.
watched=(-o faulthandler_timeout=300 -o faulthandler_exit_on_timeout=true)

skip() {
  wanted "$1" || return 0
  echo
  echo "== $1: SKIPPED, $2"
  skipped+=("$1 ($2)")
}

# Lint keeps one core busy, the tests the rest; what it says is shown when it is done.
if wanted lint; then
  bash scripts/lint.sh > "$results/lint.txt" 2>&1 &
  lint=$!
fi
stage sqlite .venv/bin/pytest -n 3 -m "not browser and not proof" "${watched[@]}" --junitxml="$results/sqlite.xml"

if wanted lint; then
  shown() { wait "$lint"; local code=$?; cat "$results/lint.txt"; return $code; }
  stage lint shown
fi

if [ -n "$(find /usr/lib/postgresql -name initdb -print -quit 2>/dev/null)" ] || command -v initdb >/dev/null; then
  stage postgresql .venv/bin/python scripts/with_postgres.py --fast \
    .venv/bin/pytest -n 3 -m "django_db and not one_database and not browser and not proof" "${watched[@]}" \
    --junitxml="$results/postgresql.xml"
else
  skip postgresql "no PostgreSQL server on this machine: apt-get install postgresql"
fi

if command -v chromium >/dev/null; then
  stage browser .venv/bin/pytest -n 3 -m "browser and not proof" "${watched[@]}" --junitxml="$results/browser.xml"
else
  skip browser "no chromium on this machine: apt-get install chromium fonts-noto-cjk"
fi

echo
for name in "${skipped[@]}"; do echo "skipped: $name"; done
for name in "${failed[@]}"; do echo "failed:  $name"; done
.venv/bin/python scripts/test_summary.py "$results" "$((SECONDS - began))"
[ ${#failed[@]} -eq 0 ]
