.DEFAULT_GOAL := help
.PHONY: help demo dev test image-test chaos mutants check bench bench-quick format tables graph lock clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin

help:  ## List the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | sort | expand -t 12

demo: $(VENV)/.runtime  ## One snapshot of today on a fresh local stack, read back from both stores
	@$(BIN)/insights demo

# The ports of `make dev`: PORT is the Dagster UI's, 0 for a store is any free one.
PORT ?= 3000
API_PORT ?= 8000
MONGO_PORT ?= 27117
REDIS_PORT ?= 6479

dev: $(VENV)/.runtime  ## Stack, simulator (if there is no API key), Dagster UI and daemon, the page
	@$(BIN)/insights dev --port $(PORT) --api-port $(API_PORT) \
	  --mongo-port $(MONGO_PORT) --redis-port $(REDIS_PORT)

test: $(VENV)/.browser  ## Run the tests
	$(BIN)/python -m pytest

image-test: $(VENV)/.dev  ## Build the image, start every container as its pod does (root, or Docker)
	$(BIN)/python -m pytest insights_assets_tests/image -n 0 -m ''

chaos: $(VENV)/.dev  ## Faults, crashes, races, hostile input; writes docs/reliability.md
	$(BIN)/python -m pytest insights_assets_tests/chaos -n 3 --no-loadscope-reorder -m '' \
	  --chaos --page docs/reliability.md
	$(BIN)/python -m pytest insights_assets_tests/unit insights_assets_tests/integration -m long

mutants: $(VENV)/.mutants  ## Change the code in 300 places, and see that a test notices
	$(BIN)/python -m insights_assets_tests.support.mutants

check: $(VENV)/.dev  ## Format, lint, types, and whether Dagster can load everything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/dg check defs

bench: $(VENV)/.bench  ## Measure against the alternatives; writes benchmarks/results.md and .svg
	$(BIN)/python -m benchmarks

bench-quick: $(VENV)/.bench  ## A little of each measurement, to see that they still work
	$(BIN)/python -m benchmarks --quick

format: $(VENV)/.dev  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

tables: $(VENV)/.dev  ## Write the tables of README and specification, and the methodology's web page
	$(BIN)/python -m insights_assets_tests.support.tables

graph: $(VENV)/.dev  ## Write down the asset graph that the tests compare with
	$(BIN)/python -m insights_assets_tests.support.graph

lock:  ## Write constraints.txt anew from the newest allowed versions
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install -q -e '.[dev,bench,mutants]'
	$(VENV)-lock/bin/pip freeze --exclude-editable --exclude insights_assets > constraints.txt
	rm -rf $(VENV)-lock

clean:  ## Remove the virtual environment and local data
	rm -rf $(VENV) .insights

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[local]'
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(VENV)/.browser: $(VENV)/.dev
	@$(BIN)/python -m insights_assets_tests.support.browser
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@

$(VENV)/.mutants: $(VENV)/.dev
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[mutants]'
	@touch $@
