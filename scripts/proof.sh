#!/usr/bin/env bash
# What is too long for `make test`: a hundred kills under load, trouble with disk and database, long properties.
set -uo pipefail
cd "$(dirname "$0")/.."
results=build/proof
rm -rf "$results"
mkdir -p "$results"
began=$SECONDS
failed=0
unset DATABASE_URL
while IFS= read -r name; do unset "$name"; done < <(compgen -e | grep '^GUILDHALL_' || true)
export HYPOTHESIS_PROFILE=long TZ=UTC LC_ALL=C.UTF-8

# Spark runs only here: PySpark from its own lock, Java from Debian.
if ! .venv/bin/python -c 'import pyspark' 2>/dev/null; then
  .venv/bin/uv pip install -q --python .venv/bin/python --require-hashes -r requirements-spark.lock ||
    echo "== PySpark cannot be installed: named queries are not compared"
fi
if ! command -v java >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless \
      >"$results/apt.log" 2>&1 || echo "== Java cannot be installed: named queries are not compared"
  else
    echo "== no Java: named queries are not compared. As root: apt-get install openjdk-17-jre-headless"
  fi
fi

echo "== proof on SQLite"
.venv/bin/pytest -n 0 -m proof --junitxml="$results/sqlite.xml" "$@" || failed=1
echo "== what \`make test\` asks SQLite alone, on PostgreSQL"
.venv/bin/python scripts/with_postgres.py --fast \
  .venv/bin/pytest -n 2 -m "django_db and one_database and not browser and not proof" \
  --junitxml="$results/one_database.xml"
code=$?
if [ $code -ne 0 ] && [ $code -ne 77 ]; then failed=1; fi
echo "== proof on PostgreSQL"
.venv/bin/python scripts/with_postgres.py .venv/bin/pytest -n 0 -m proof --junitxml="$results/postgresql.xml" "$@"
code=$?
if [ $code -eq 77 ]; then echo "== proof on PostgreSQL: SKIPPED"; elif [ $code -ne 0 ]; then failed=1; fi

.venv/bin/python scripts/test_summary.py "$results" "$((SECONDS - began))"
exit $failed
