# make up: set up, build, serve · make test: set up, run all tests · make help lists the rest

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help up test conformance setup lint bench clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /	/' | expand -t 10

up: setup ## set up, build the deployment of this folder if it is stale, serve it at http://127.0.0.1:8000
	$(BIN)/lienket up

test: setup lint ## set up, then run lint, types and all tests
	$(BIN)/pytest

setup: $(VENV)/.ready ## make the environment; afterwards .venv/bin/lienket works

$(VENV)/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --locked --quiet --active --compile-bytecode
	touch $@

lint: setup ## check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

conformance: setup ## run the published suites, write docs/conformance.md and var/earl.ttl
	$(BIN)/python -m tests.conformance

bench: setup ## measure side by side with a peer, in one run
	$(BIN)/python -m tests.bench.mapping
	$(BIN)/python -m tests.bench.validation
	$(BIN)/python -m tests.bench.releases
	$(BIN)/python -m tests.bench.serving
	$(BIN)/python -m tests.bench.linking

clean: ## remove what was made: the environment, releases, caches
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .hypothesis
