# Two commands do everything: `make run` and `make test`. `make proof` holds what is too long for `make test`.
SHELL := /bin/bash
PY := .venv/bin/python
STAMP := .venv/.ready

.PHONY: setup run test proof lint bench screenshots lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml scripts/setup.sh
	@bash scripts/setup.sh
	@touch $(STAMP)

run: setup
	@$(PY) -m guildhall up

lint: setup
	@bash scripts/lint.sh

test: setup
	@bash scripts/test.sh

proof: setup
	@bash scripts/proof.sh

bench: setup
	@LABELLED="$(LABELLED)" BAD_DOMAINS="$(BAD_DOMAINS)" GOOD_DOMAINS="$(GOOD_DOMAINS)" bash scripts/bench.sh

screenshots: setup
	@$(PY) scripts/screenshots.py

lock: setup
	.venv/bin/uv pip compile -q --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv build
