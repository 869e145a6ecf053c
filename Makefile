# The commands of this project. `make run` and `make test` need Python 3.11 or newer and nothing else.
SHELL := /bin/bash
PYTHON ?= python3
# A country by its code, AREA=COD, is a scenario of that name, and so is COMMODITY=tin there: cod-tin.
ifdef AREA
SCENARIO := $(shell echo $(AREA) | tr A-Z a-z)$(if $(COMMODITY),-$(COMMODITY))
else ifdef COMMODITY
$(error COMMODITY=$(COMMODITY) without AREA: for a scenario, write `commodity: $(COMMODITY)` into a file of config/scenarios/)
endif
SCENARIO ?=
BIN := .venv/bin
ASMGOLD := $(BIN)/python -m asmgold
# What is fetched belongs to a scenario of live data; the default one needs nothing from anywhere.
OPTIONS := --scenario $(or $(SCENARIO),peru-upstream)
CONFIG := $(if $(SCENARIO),--config scenario=$(SCENARIO))
# A connection string reaches the command by the environment: the shell reads none of it, and `make -n` shows none.
export DSN SCHEMA
ifdef MIRROR
export ASMGOLD_MIRROR := $(MIRROR)
endif

.DEFAULT_GOAL := help
.PHONY: help run reproduce report release verify fetch import refresh rollback postgis unlock audit test check docs site lock clean

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .venv/ready  ## the products of a scenario, in results/ (SCENARIO=peru-upstream for live data, AREA=COD, COMMODITY=)
ifneq ($(SCENARIO),)
	@$(ASMGOLD) fetch $(OPTIONS)
endif
	@$(BIN)/snakemake $(CONFIG)

reproduce: .venv/ready  ## make the products anew in another folder, and compare them byte for byte (SCENARIO=)
	@$(ASMGOLD) reproduce $(if $(SCENARIO),--scenario $(SCENARIO))

report: .venv/ready  ## how the last run went and what came out, as one HTML file (SCENARIO=)
	@$(ASMGOLD) report $(if $(SCENARIO),--scenario $(SCENARIO))

release: .venv/ready  ## a checked, dated copy of the results, in releases/ (SCENARIO=, NAME=, DATE=, BEFORE=)
	@$(ASMGOLD) release $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(NAME),--name $(NAME)) \
	  $(if $(DATE),--date $(DATE)) $(if $(BEFORE),--before $(BEFORE))

verify: .venv/ready  ## check a release that someone was sent (FOLDER=..., RERUN=1 to make it again)
	@$(ASMGOLD) verify $(if $(RERUN),--rerun) "$(or $(FOLDER),$(error FOLDER=path/to/a/release was expected))"

fetch: .venv/ready  ## fetch and pin what a scenario needs and has not (SCENARIO=, MIRROR=)
	@$(ASMGOLD) fetch $(OPTIONS)

import: .venv/ready  ## take in a file brought by hand (SOURCE=mrds FILE=...)
	@$(ASMGOLD) import $(OPTIONS) $(if $(ALLOW_FEWER_ROWS),--allow-fewer-rows) "$(SOURCE)" "$(FILE)"

refresh: .venv/ready  ## take in what changed upstream (SCENARIO=, SOURCES="mrds ...", MIRROR=, ALLOW_FEWER_ROWS=1)
	@$(ASMGOLD) refresh $(OPTIONS) $(if $(ALLOW_FEWER_ROWS),--allow-fewer-rows) $(SOURCES)

rollback: .venv/ready  ## return to the results and pins before the last refresh (SCENARIO=)
	@$(ASMGOLD) rollback $(OPTIONS)

postgis: .venv/ready  ## load published results into a PostGIS database (DSN="host=... dbname=...", SCENARIO=, SCHEMA=)
	@$(ASMGOLD) postgis --dsn "$$DSN" $(if $(SCENARIO),--scenario $(SCENARIO)) $(if $(SCHEMA),--schema "$$SCHEMA")

unlock: .venv/ready  ## after a run was killed, if it left the folder locked
	@$(BIN)/snakemake --unlock

audit: run  ## the corrections that the evidence suggests, to review and paste (SCENARIO=)
	@cat results/$(or $(SCENARIO),peru)/proposed_corrections.yaml

test: .venv/ready  ## all tests that can run on this machine
	@$(BIN)/python -m pytest -n auto --dist worksteal

check: .venv/ready  ## formatting, lints and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check .
	$(BIN)/snakemake --lint

docs: .venv/ready  ## the files that are written from the code: reference, schemas, picture of the flow
	@$(BIN)/python docs/site/reference.py
	@$(BIN)/python docs/site/flow.py

site: .venv/ready  ## the documentation as a site, in site/
	@$(BIN)/python -m mkdocs build  # not --quiet, which would hide warnings from strict

lock:  ## pin the newest versions that pyproject.toml allows (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --extra workflow --extra cluster --group dev pyproject.toml -o requirements.lock

clean:  ## remove results and the environment
	rm -rf results .snakemake .venv

# The environment: made again when the lock changes.
.venv/packages: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Setting up the environment in .venv (once, a minute or two) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@touch $@

.venv/ready: .venv/packages pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@
