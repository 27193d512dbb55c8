# Everything a person does in this repository. `make help` lists it.
# Written for GNU make 3.81 (macOS) and later.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export UV_PYTHON_DOWNLOADS := never

VENV := .venv/bin
NPM := npm --prefix frontend

# `make run` needs no development tools, and `make test` does. An environment that has them
# keeps them, so that the two commands never undo each other.
DEV_ENV := .venv/.synced-dev
RUN_ENV := $(if $(wildcard $(DEV_ENV)),$(DEV_ENV),.venv/.synced-run)
NODE_ENV := frontend/node_modules/.package-lock.json
PAGE := frontend/dist/index.html
PAGE_SOURCES := $(wildcard frontend/*.ts frontend/*.json frontend/index.html) \
	$(shell find frontend/src frontend/public -type f 2>/dev/null)

##@ Use

.PHONY: run
run: $(RUN_ENV) $(PAGE) ## Start Closeout on http://localhost:8002 (PORT=, FRESH=1 starts a new world)
	@exec $(VENV)/python -m closeout serve $(if $(filter 1,$(FRESH)),--fresh) $(if $(PORT),--port $(PORT))

.PHONY: simulator
simulator: $(RUN_ENV) ## Start the broker simulator alone (PORT=8111 SCENARIO=desk SEED=7)
	@exec $(VENV)/python -m alpaca_simulator --port $(or $(PORT),8111) \
		--scenario $(or $(SCENARIO),desk) --seed $(or $(SEED),7)

.PHONY: build
build: $(PAGE) ## Build the page into frontend/dist

.PHONY: setup
setup: $(DEV_ENV) $(NODE_ENV) ## Install what developing needs into .venv and frontend/node_modules

##@ Check

.PHONY: test
test: $(DEV_ENV) $(NODE_ENV) ## Run every check there is; what CI runs
	@scripts/test

.PHONY: lint
lint: $(DEV_ENV) $(NODE_ENV) ## Lint both halves and check the import rule
	$(VENV)/ruff check
	$(VENV)/ruff format --check
	$(VENV)/lint-imports
	$(NPM) run --silent lint

.PHONY: types
types: $(DEV_ENV) $(NODE_ENV) ## Check types: mypy --strict and vue-tsc
	$(VENV)/mypy
	$(NPM) run --silent typecheck

.PHONY: test-python
test-python: $(DEV_ENV) ## Run pytest (ARGS="tests/closing -k fill")
	$(VENV)/pytest $(ARGS)

.PHONY: test-web
test-web: $(NODE_ENV) ## Run Vitest (ARGS="money")
	$(NPM) run --silent test -- $(ARGS)

.PHONY: e2e
e2e: $(DEV_ENV) $(PAGE) ## Drive the real server in a real browser (ARGS="--headed")
	@scripts/e2e $(ARGS)

.PHONY: conformance
conformance: $(DEV_ENV) ## Run the conformance cards against the simulator
	$(VENV)/pytest tests/conformance $(ARGS)

.PHONY: conformance-paper
conformance-paper: $(DEV_ENV) ## Play them on your paper account: reads only (ORDERS=1 sends one-lot orders)
	@PYTHONPATH=tests $(VENV)/python -m conformance --paper $(if $(filter 1,$(ORDERS)),--orders)

.PHONY: simulate
simulate: $(DEV_ENV) ## Live seeded bad days (SEEDS=20000), tell one (SEED=7), plant bugs (PLANTS=1)
	@PYTHONPATH=src:tests $(VENV)/python -m simulation $(if $(SEED),--seed $(SEED)) \
		$(if $(SEEDS),--seeds $(SEEDS)) $(if $(filter 1,$(PLANTS)),--plants)

.PHONY: mutants
mutants: $(DEV_ENV) ## Change the core in many places: do its tests notice? (SAMPLE=400 SEED=1, NAME=)
	@nice $(VENV)/python scripts/mutants.py $(NAME) --seed $(or $(SEED),1) \
		--sample $(or $(SAMPLE),$(if $(NAME),0,400)) --jobs $(or $(JOBS),1)

.PHONY: bench
bench: $(DEV_ENV) ## Measure (NAME=journal runs benchmarks/journal.py alone)
	@scripts/bench $(NAME)

.PHONY: check-generated
check-generated: $(DEV_ENV) $(NODE_ENV) ## Fail when a generated file differs from its source
	@scripts/generate --check

##@ Change

.PHONY: generate
generate: $(DEV_ENV) $(NODE_ENV) ## Write the OpenAPI document, TypeScript types and reference pages
	@scripts/generate

.PHONY: format
format: $(DEV_ENV) $(NODE_ENV) ## Format, and mend what the linters can mend
	$(VENV)/ruff format
	$(VENV)/ruff check --fix
	$(NPM) run --silent lint -- --fix

.PHONY: clean
clean: ## Remove what was installed and built; your data folder stays
	rm -rf .venv .tools build dist mutants htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache frontend/node_modules frontend/dist frontend/test-results \
		frontend/playwright-report
	find src tests scripts benchmarks migrations -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- What the targets stand on. A stamp is newer than its sources, or it is made again.

.venv/.synced-run: pyproject.toml uv.lock
	@scripts/sync-python --no-dev --inexact
	@touch $@

$(DEV_ENV): pyproject.toml uv.lock
	@scripts/sync-python
	@touch $@

# npm writes this file last, so an install cut short is done again.
$(NODE_ENV): frontend/package-lock.json frontend/package.json
	@scripts/sync-node
	@touch $@

$(PAGE): $(NODE_ENV) $(PAGE_SOURCES)
	@echo "Building the page"
	@$(NPM) run --silent build -- --logLevel error
	@touch $@
