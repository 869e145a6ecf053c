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
SNAKEMAKE := $(BIN)/python -m snakemake
ASKED := $(if $(SCENARIO),--scenario "$(SCENARIO)")
# What is fetched belongs to a scenario of live data; the default one needs nothing from anywhere.
OPTIONS := --scenario "$(or $(SCENARIO),peru-upstream)"
# A connection string reaches the command by the environment: the shell reads none of it, and `make -n` shows none.
export DSN SCHEMA
ifdef MIRROR
export ASMGOLD_MIRROR := $(MIRROR)
endif

.DEFAULT_GOAL := help
.PHONY: help run reproduce report release verify fetch import describe refresh rollback postgis qgis-plugin unlock audit cluster test test-all fuzz check docs site lock clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .venv/ready  ## the products of a scenario, in results/ (SCENARIO=peru-upstream for live data, or several: "peru ghana"; AREA=COD, COMMODITY=)
	@$(ASMGOLD) run $(ASKED)

reproduce: .venv/ready  ## make the products anew in another folder, and compare them byte for byte (SCENARIO=)
	@$(ASMGOLD) reproduce $(ASKED)

report: .venv/ready  ## how the last run went and what came out, as one HTML file (SCENARIO=)
	@$(ASMGOLD) report $(ASKED)

release: .venv/dev-ready  ## a checked, dated copy of the results, in releases/ (SCENARIO=, NAME=, DATE=, BEFORE=)
	@$(ASMGOLD) release $(ASKED) $(if $(NAME),--name $(NAME)) \
	  $(if $(DATE),--date $(DATE)) $(if $(BEFORE),--before $(BEFORE))

verify: .venv/dev-ready  ## check a release that someone was sent (FOLDER=..., RERUN=1 to make it again)
	@$(ASMGOLD) verify $(if $(RERUN),--rerun) "$(or $(FOLDER),$(error FOLDER=path/to/a/release was expected))"

fetch: .venv/ready  ## fetch and pin what a scenario needs and has not (SCENARIO=, MIRROR=)
	@$(ASMGOLD) fetch $(OPTIONS)

import: .venv/ready  ## take in a file brought by hand (SOURCE=mrds FILE=...)
	@$(ASMGOLD) import $(OPTIONS) $(if $(ALLOW_FEWER_ROWS),--allow-fewer-rows) "$(SOURCE)" "$(FILE)"

describe: .venv/ready  ## look at a table or layer of records, and propose the scenario that maps it (FILE=..., LAYER=)
	@$(ASMGOLD) describe "$(FILE)" $(if $(LAYER),--layer "$(LAYER)")

refresh: .venv/ready  ## take in what changed upstream (SCENARIO=, SOURCES="mrds ...", MIRROR=, ALLOW_FEWER_ROWS=1)
	@$(ASMGOLD) refresh $(OPTIONS) $(if $(ALLOW_FEWER_ROWS),--allow-fewer-rows) $(SOURCES)

rollback: .venv/ready  ## return to the results and pins before the last refresh (SCENARIO=)
	@$(ASMGOLD) rollback $(OPTIONS)

postgis: .venv/dev-ready  ## load published results into a PostGIS database (DSN="host=... dbname=...", SCENARIO=, SCHEMA=)
	@$(ASMGOLD) postgis --dsn "$$DSN" $(ASKED) $(if $(SCHEMA),--schema "$$SCHEMA")

unlock:  ## after a run was killed on another machine, if it left the folder locked
	@rm -f .snakemake/locks/*.lock .snakemake/asmgold/*.run

audit: run  ## the corrections that the evidence suggests, to review and paste (SCENARIO=)
	@cat results/$(or $(SCENARIO),peru)/proposed_corrections.yaml

cluster: .venv/cluster-ready  ## what the profiles of clusters need besides: Snakemake's plugins for SLURM and Kubernetes

PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal
test: .venv/dev-ready  ## the tests, without those that take long or need a real peer
	@$(PYTEST) -m "not thorough"

test-all: test  ## the tests, and then those that take long or need a real peer, where it is installed
	@$(PYTEST) -m thorough

fuzz: .venv/dev-ready  ## broken and hostile input for every parser, for ten minutes (MINUTES=)
	@$(BIN)/python -m tests.fuzz.run --minutes $(or $(MINUTES),10) $(if $(ONLY),--only "$(ONLY)")

qgis-plugin: .venv/ready  ## the plugin for QGIS, build/asmgold-qgis.zip
	@$(BIN)/python -m asmgold.release.qgis_plugin build/asmgold-qgis.zip

check: .venv/dev-ready  ## formatting, lints and types
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/python -m snakefmt --check .
	$(SNAKEMAKE) --lint

docs: .venv/dev-ready run  ## what is written from the code and from a run: reference, schemas, picture of the flow, results
	@$(BIN)/python docs/site/reference.py
	@$(BIN)/python docs/site/flow.py
	@$(BIN)/python docs/site/results.py

site: .venv/dev-ready  ## the documentation as a site, in site/
	@$(BIN)/python -m mkdocs build  # not --quiet, which would hide warnings from strict

LOCK = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header $(if $(NEWEST),--upgrade)
lock:  ## write the locks from pyproject.toml (needs uv; NEWEST=1 for newer versions than those that are pinned)
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) -c requirements.lock --all-extras --group dev pyproject.toml -o requirements-dev.lock
	$(LOCK) -c requirements-dev.lock --extra cluster pyproject.toml -o requirements-cluster.lock

clean:  ## remove results and the environment
	rm -rf results .snakemake .venv

# The environment: what a run needs, made again when its lock changes, and on top of it what tests and operators need.
.venv/ready: requirements.lock
	@$(PYTHON) workflow/envs/set_up.py $<

.venv/dev-ready .venv/cluster-ready: .venv/%-ready: requirements-%.lock .venv/ready
	@$(PYTHON) workflow/envs/set_up.py $<
