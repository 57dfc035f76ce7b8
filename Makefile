# Two commands on a fresh machine: `make demo` and `make test`. Both set themselves up.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
SERVE ?= yes
DEMO ?= demo
PAYMENTS ?= 100000
BIN := .venv/bin

.PHONY: help setup demo test test-fast lint format dev bench docs lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/ready ## Make the environment (done by every other command)

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v < (3, 14))' 2>/dev/null || \
	  { echo "Tieout needs Python 3.11 to 3.13; $(PYTHON) is $$($(PYTHON) --version 2>&1 || echo missing). Name one with: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing packages into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## The demo company: simulate, run, print the figures, serve the dashboards (SERVE=no: do not serve)
	@[ ! -e $(DEMO) ] || [ -f $(DEMO)/tieout.toml ] || { echo "$(DEMO) is not a workspace; choose another folder: make demo DEMO=…"; exit 1; }
	@rm -rf $(DEMO)
	@$(BIN)/tieout simulate --home $(DEMO)
	@$(BIN)/tieout run --home $(DEMO)
ifeq ($(SERVE),yes)
	@$(BIN)/tieout dashboard --home $(DEMO)
else
	@echo "Serve the dashboards with: $(BIN)/tieout dashboard --home $(DEMO)"
endif

test: setup lint ## Lint, types, layers and every test
	@$(BIN)/pytest -n 2 --dist loadgroup

test-fast: setup ## The tests without the slow and the browser ones
	@$(BIN)/pytest -n 2 --dist loadgroup -m "not slow and not browser"

lint: setup ## Style, types, layers, SQL format
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
	@$(BIN)/sqlfmt --check --quiet dbt_project || { echo "format the SQL with: make format"; exit 1; }

format: setup ## Format Python and SQL
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet . ; $(BIN)/sqlfmt --quiet dbt_project

dev: setup ## Dagster's pages for the demo workspace (make demo first)
	@$(BIN)/tieout dagster --home $(DEMO)

.venv-bench/ready: requirements-bench.lock | setup
	@$(PYTHON) -m venv .venv-bench
	@echo "Installing the tools to compare with into .venv-bench …"
	@$(BIN)/uv pip install --quiet --python .venv-bench/bin/python --require-hashes -r requirements-bench.lock
	@touch $@

bench: .venv-bench/ready ## What the road costs on this machine (PAYMENTS=100000 in all; results in benchmarks/results)
	@.venv-bench/bin/python -m benchmarks.road --payments $(PAYMENTS) --json benchmarks/results/$(PAYMENTS).json

docs: setup ## Make the part of docs/metrics.md that comes from the definitions
	@$(BIN)/python -m pipelines.document

lock: setup ## Lock all dependencies by hash after a change of pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --quiet --universal --extra dev --generate-hashes --no-header -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --quiet --universal --extra bench --generate-hashes --no-header -o requirements-bench.lock
	@echo "uv" | $(BIN)/uv pip compile - --quiet --universal --generate-hashes --no-header -o requirements-uv.lock

clean: ## Remove the environment, the demo and what tools have cached
	@rm -rf .venv .venv-bench demo dbt_project/target .pytest_cache .mypy_cache .ruff_cache .hypothesis
