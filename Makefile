# Every step is skipped while its stamp is newer than what it was made from.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/python local/uv.py
COMPILE := pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header
PYTEST := $(BIN)/python -m pytest
BIOME := node_modules/@biomejs/cli-linux-x64/biome
TEMPLATES := portal/templates pynamodb_grid/admin/templates
DOCUMENTS := *.md docs bench/README.md pynamodb_grid/README.md $(TEMPLATES)
# The CDK runs on node and asks for a newer one than the product needs; it works with ours.
CDK := JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=18,20,22 .venv-cdk/bin/python
# One session, dealt out to a process per core, each with an engine of its own: see tests/order.py.
TEST_JOBS ?= 2
TOGETHER = -n $(TEST_JOBS) --dist loadgroup
FAULT_OPERATIONS ?= 20000
API_CASES ?= 20000

# Compiled once, the code starts in half the time; where writing that is forbidden, every process would compile all.
unexport PYTHONDONTWRITEBYTECODE

# A virtual environment knows its own path: after a move or copy of this folder it is created again.
$(shell [ ! -e .venv/.made-in ] || [ "$$(cat .venv/.made-in)" = "$$(pwd -P)" ] || rm -rf .venv)
ASSET_SOURCES := $(shell find portal analytics_dash -path portal/static/build -prune -o \
	-type f \( -path '*/static/*' -o -path '*/assets/*' -o -path portal/assets/build.py -o -path portal/assets/fonts.py \) -print 2>/dev/null)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: setup ## Start engine, web and worker; print the address and the demo logins
	@exec $(BIN)/python -m local

setup: .venv/.runtime node_modules/.installed portal/static/build/.built analytics_dash/build/.built ## Install what is missing and build the assets

test: dev-setup browser ## Run everything: lint, import contracts, types, unit, integration and browser tests
	@$(MAKE) check
	$(PYTEST) $(TOGETHER)

quick: dev-setup ## Check what changed since the main branch within a minute: lint, and the unit tests near it
	@$(BIN)/python -m local.quick

test-deep: dev-setup browser ## Run everything at full size: all variants, 200 examples, long fault rounds, the bench, the stock client
	@$(MAKE) check
	TEST_DEPTH=deep $(PYTEST) $(TOGETHER)
	TEST_CLIENT=stock $(PYTEST) -m "engine and not browser" $(TOGETHER)

test-engines: dev-setup var/dynamodb-local/.built ## Run the integration tests on AWS's own DynamoDB Local
	TEST_ENGINE=dynamodb-local $(PYTEST) -m "engine and not browser" $(TOGETHER)

lint: dev-setup ## Check Python, templates, scripts, styles, spelling, import contracts and types
	@$(MAKE) check

format: dev-setup ## Rewrite Python, JavaScript and CSS in the project's format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .
	$(BIOME) check --write --log-level=error

screens: dev-setup browser ## Photograph every page, light and dark, at 1440 and 390 px, into var/screens/
	@$(BIN)/python -m local.screens

paints: dev-setup browser ## Measure largest paint, layout shift and bytes of every page
	@$(BIN)/python -m local.paints

test-faults: dev-setup ## Do 20,000 operations through an engine that fails in seven ways, and kill processes 20 times
	TEST_DEPTH=deep FAULT_OPERATIONS=$(FAULT_OPERATIONS) $(PYTEST) --show-capture=no \
	  tests/faults/test_faulty_engine.py tests/faults/test_faults_are_found.py tests/faults/test_kill.py

test-api: dev-setup ## Send the API 20,000 requests made from its description, with a token of each role
	API_CASES=$(API_CASES) $(PYTEST) -n 0 tests/portal/test_api_generated.py

bench: setup ## Measure CPU, latency and memory at 10,000 and 100,000 tickets
	$(BIN)/python -m bench $(BENCH_ARGS)

capacity: setup ## Compute tasks, units and costs for 1,000 to 100,000 people into docs/capacity.md
	@$(BIN)/python -m bench.capacity $(CAPACITY_ARGS)

compact: .venv/.runtime ## Rewrite the stopped engine's file, so that nothing deleted is left in it
	@$(BIN)/python -m local.compact

image-check: setup image-tools ## Lint, build and run the container image, without Docker
	@$(BIN)/python -m local.image

synth: .venv-cdk/.installed ## Synthesize dev, staging and production offline into var/synth/ and check the templates
	@$(CDK) -m cdk.check
	@$(CDK) -m pytest cdk/tests

requirements: .venv/.made-in ## Compile the pinned requirements from the *.in files again
	$(UV) $(COMPILE) local/uv.in -o local/uv.txt
	$(UV) $(COMPILE) local/hadolint.in -o local/hadolint.txt
	$(UV) $(COMPILE) requirements.in -o requirements.txt
	$(UV) $(COMPILE) requirements-build.in -o requirements-build.txt
	$(UV) $(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(UV) $(COMPILE) cdk/requirements.in -o cdk/requirements.txt

clean: ## Remove everything that setup and tests made; the data under var/ stays
	rm -rf .venv .venv-cdk node_modules portal/static/build analytics_dash/build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

check:
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/djlint --lint --quiet $(TEMPLATES)
	$(BIOME) check --error-on-warnings --log-level=error
	$(BIN)/codespell $(DOCUMENTS)
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

dev-setup: setup .venv/.dev

.venv/.made-in:
	@command -v $(PYTHON) >/dev/null || { echo "setup: $(PYTHON) is missing: install python3 (3.11 or newer)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "setup: $$($(PYTHON) --version) is too old: set PYTHON to 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "setup: $(PYTHON) cannot make virtual environments: install python3-venv" >&2; exit 1; }
	@echo "setup: virtual environment"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@pwd -P > $@

.venv/.runtime: requirements.txt requirements-build.txt local/uv.txt | .venv/.made-in
	@echo "setup: Python packages"
	@$(UV) pip sync --quiet --require-hashes requirements.txt requirements-build.txt
	@ln -sf ../../ledgerdesk $(BIN)/ledgerdesk
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	@echo "setup: Python packages for tests"
	@$(UV) pip sync --quiet --require-hashes requirements.txt requirements-build.txt requirements-dev.txt
	@touch $@

.venv-cdk/.installed: cdk/requirements.txt local/uv.txt | .venv/.made-in node
	@echo "setup: Python packages for the stacks"
	@rm -rf .venv-cdk
	@$(PYTHON) -m venv .venv-cdk
	@.venv-cdk/bin/python local/uv.py pip sync --quiet --require-hashes cdk/requirements.txt
	@touch $@

node_modules/.installed: package.json package-lock.json
	@[ "$$(uname -sm)" = "Linux x86_64" ] \
	  || { echo "setup: the embedded engine is built for Linux on x86_64, not $$(uname -sm)" >&2; exit 1; }
	@$(MAKE) node
	@command -v npm >/dev/null || { echo "setup: npm is missing: install npm" >&2; exit 1; }
	@echo "setup: embedded engine, font and icons"
	@npm ci --silent
	@touch $@

portal/static/build/.built: $(ASSET_SOURCES) .venv/.runtime node_modules/.installed
	@echo "setup: static files"
	@$(BIN)/python -m portal.assets.build
	@touch $@

analytics_dash/build/.built: .venv/.runtime node_modules/.installed analytics_dash/bundles.py
	@echo "setup: chart library"
	@$(BIN)/python -c 'from analytics_dash.bundles import build; build()'
	@touch $@

var/dynamodb-local/.built: local/dynamodb_local/pom.xml local/dynamodb_local/jars.sha256 \
		local/dynamodb_local/LoopbackServer.java
	@$(MAKE) java
	@echo "setup: DynamoDB Local"
	@rm -rf $(@D) && mkdir -p $(@D)
	@mvn --quiet --batch-mode --strict-checksums --file local/dynamodb_local/pom.xml \
	  dependency:copy-dependencies -DoutputDirectory=../../$(@D)/lib >$(@D)/maven.log 2>&1 \
	  || { cat $(@D)/maven.log >&2; echo "test-engines: Maven could not fetch DynamoDB Local" >&2; exit 1; }
	@cd $(@D)/lib && LC_ALL=C && sha256sum -- * > ../jars.sha256
	@cmp --silent $(@D)/jars.sha256 local/dynamodb_local/jars.sha256 || { echo "test-engines: Maven gave other\
	 jars than are listed: if the pom was changed, copy $(@D)/jars.sha256 to local/dynamodb_local/" >&2; exit 1; }
	@javac -d $(@D)/classes -cp '$(@D)/lib/*' local/dynamodb_local/LoopbackServer.java
	@touch $@

node:
	@command -v node >/dev/null || { echo "setup: node is missing: install nodejs (18 or newer) and npm" >&2; exit 1; }
	@[ "$$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] \
	  || { echo "setup: node $$(node --version) is too old: install 18 or newer" >&2; exit 1; }

# The headless shell shows the same pages for two thirds of the work; the whole browser does where it is not to be had.
browser:
	@if command -v chromium-headless-shell >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "setup: Debian's chromium"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  { apt-get update -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=20; \
	    apt-get install -y -qq --no-remove --no-install-recommends chromium-headless-shell; } >/dev/null 2>&1 || true; \
	fi; \
	if command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null; then exit 0; fi; \
	if [ "$${CI:-}" = true ]; then \
	  echo "test: chromium is missing, and CI runs the browser tests: install Debian's chromium-headless-shell" >&2; \
	  exit 1; \
	fi; \
	echo "test: chromium is missing, so the browser tests are skipped: install Debian's chromium-headless-shell"

image-tools:
	@if command -v buildah >/dev/null && command -v mmdebstrap >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	  echo "image-check: needs root and Debian's buildah and mmdebstrap: run it as root on Debian" >&2; \
	  exit 1; \
	fi; \
	echo "image-check: Debian's buildah and mmdebstrap"; \
	export DEBIAN_FRONTEND=noninteractive; \
	{ apt-get update -qq && apt-get install -y -qq --no-install-recommends buildah mmdebstrap; } \
	  >/dev/null 2>&1 || { echo "image-check: apt-get could not install buildah and mmdebstrap" >&2; exit 1; }

java:
	@if ! { command -v javac && command -v mvn; } >/dev/null; then \
	  if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	    echo "test-engines: javac or mvn is missing: install Debian's default-jdk-headless and maven" >&2; exit 1; \
	  fi; \
	  echo "test-engines: Debian's Java and Maven"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends default-jdk-headless maven; } \
	    >/dev/null 2>&1 || { echo "test-engines: apt-get could not install Java and Maven" >&2; exit 1; }; \
	fi
	@found="$$(javac -version 2>&1)"; found="$${found#javac }"; [ "$${found%%.*}" -ge 17 ] \
	  || { echo "test-engines: Java $$found is too old: install 17 or newer" >&2; exit 1; }

.PHONY: help run setup test quick test-deep test-engines test-faults test-api lint format bench capacity screens paints image-check compact \
	synth requirements clean check dev-setup node browser image-tools java
