# The short list of verbs. `make demo` and `make test` need nothing before them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/.bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo render validate test lint bench e2e e2e-verdict generate lock clean

help: ## Show the verbs
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.stamp .bin/.stamp ## Install what the project needs into .venv and .bin

$(VENV)/.stamp: requirements.lock requirements-data.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "nimfleet needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make setup PYTHON=python3.12" >&2; exit 1; }
	@echo "setup: Python packages into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-data.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The stamp is left out while a tool is missing, so that the next run looks again and says so again.
.bin/.stamp: tools/go.mod tools/go.sum tools/install.sh
	@tools/install.sh
	@[ ! -x .bin/kustomize ] || [ ! -x .bin/kubeconform ] || touch $@

demo: setup ## Make a GitOps repository with two environments, render and validate it
	@$(BIN)/python tools/demo.py

render: setup ## Render clusters/ from each environment.yaml
	@$(BIN)/nimfleet render

validate: setup ## Prove clusters/ (a stage that cannot run is a failure)
	@$(BIN)/nimfleet validate --strict clusters

test: setup ## Run all tests
	@$(BIN)/python -m pytest -n 2 tests

lint: setup ## ruff, mypy --strict, import-linter, yamllint, generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/yamllint --strict clusters
	@$(BIN)/python tools/generate.py --check

bench: setup ## Print what rendering and validating cost
	@$(BIN)/python tools/bench.py

generate: setup ## Rewrite the files that are made from code and catalog
	@$(BIN)/python tools/generate.py

e2e: setup ## Reconcile our environments with real Flux on a real API server (built once, with Go)
	@tools/e2e/build.sh flux >/dev/null; code=$$?; [ $$code -ne 3 ] || exit 0; [ $$code -eq 0 ] || exit $$code; \
	  NIMFLEET_E2E=1 $(BIN)/python -m pytest -n 5 --dist loadfile tests/e2e

e2e-verdict: setup ## Compare verdicts with a real kube-apiserver's (RECORD=1 keeps a part for the tests)
	@$(BIN)/python tests/verdict/run.py $(if $(SEED),--seed $(SEED)) $(if $(RECORD),--record) || [ $$? -eq 3 ]
	@NIMFLEET_E2E=1 $(BIN)/python -m pytest tests/verdict

lock: setup ## Resolve pyproject.toml again into requirements.lock
	@$(PYTHON) -m venv .cache/lock && .cache/lock/bin/python -m pip install --quiet uv
	@.cache/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --group dev pyproject.toml -o requirements.lock

clean: ## Remove what setup, demo and tests made
	rm -rf .venv .bin .cache .nimfleet-cache demo dist build
