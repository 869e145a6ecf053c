# The commands of this project. `make run` and `make test` need Python 3.11 or newer and nothing else.
SHELL := /bin/bash
PYTHON ?= python3
SCENARIO ?=
BIN := .venv/bin
CONFIG := $(if $(SCENARIO),--config scenario=$(SCENARIO))

.DEFAULT_GOAL := help
.PHONY: help run test check docs lock clean

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .venv/ready  ## the products of a scenario, in results/ (SCENARIO=peru)
	@$(BIN)/snakemake $(CONFIG)

test: .venv/ready  ## all tests that can run on this machine
	@$(BIN)/python -m pytest -n auto

check: .venv/ready  ## formatting, lints and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check .
	$(BIN)/snakemake --lint

docs: .venv/ready  ## the files that are written from the code: config/README.md and the schemas
	@$(BIN)/python -m asmgold.config.document

lock:  ## pin the newest versions that pyproject.toml allows (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  --no-emit-find-links --extra workflow --group dev pyproject.toml -o requirements.lock

clean:  ## remove results and the environment
	rm -rf results .snakemake .venv

# The environment: made again when the lock changes. pip is told to read no index from the lock: it names none.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Setting up the environment in .venv (once, a minute or two) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@
