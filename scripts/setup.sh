#!/usr/bin/env bash
# Makes .venv from requirements.lock and, as root on Debian, installs what browser and PostgreSQL tests need.
# Run by `make setup`; safe to run again.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "set-up: $*"; }

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
  python=$(command -v python3.11 || true)
  if [ -z "$python" ]; then
    say "python3.11 is not on the PATH (Debian: apt-get install python3.11 python3.11-venv)"
    exit 1
  fi
  rm -rf .venv
  if ! "$python" -m venv .venv; then
    say "python3.11 has no venv (Debian: apt-get install python3.11-venv)"
    exit 1
  fi
fi

# One small wheel fetches all others in seconds; everything Guildhall itself uses is pinned by hash in the lock.
[ -x .venv/bin/uv ] || .venv/bin/python -m pip install -q --disable-pip-version-check "uv>=0.13,<0.14"
.venv/bin/uv pip install -q --python .venv/bin/python --require-hashes -r requirements.lock
# The build backend is in the lock as well, so this line needs no network.
.venv/bin/uv pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .

missing=()
command -v chromium >/dev/null || missing+=(chromium)
[ -n "$(find /usr/share/fonts -iname '*NotoSansCJK*' -print -quit 2>/dev/null)" ] || missing+=(fonts-noto-cjk)
[ -n "$(find /usr/lib/postgresql -name initdb -print -quit 2>/dev/null)" ] || missing+=(postgresql)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing ${missing[*]}"
    # `postgresql` would start a cluster of its own; only its binaries are wanted.
    mkdir -p .venv/log
    if [[ " ${missing[*]} " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
      mkdir -p /etc/postgresql-common
      echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
    fi
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold \
      "${missing[@]}"; } >.venv/log/apt.log 2>&1; then
      say "apt-get failed (.venv/log/apt.log); tests that need ${missing[*]} will be skipped"
    fi
  else
    say "not installed: ${missing[*]}. Guildhall runs without them, but browser tests need chromium and"
    say "fonts-noto-cjk, and the tests on PostgreSQL need postgresql. As root: apt-get install ${missing[*]}"
  fi
fi

.venv/bin/python -m guildhall.core.i18n compile
