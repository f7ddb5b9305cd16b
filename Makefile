# Two commands matter: make demo, make test. Both set up what they need in .venv and in the system's packages.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint golden docs clean

# Hundreds of processes are started by the tests: none should compile what another has compiled.
unexport PYTHONDONTWRITEBYTECODE
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	command -v $$name >/dev/null && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; break; }; done)
# As root, or with sudo that asks for no password, missing system packages are installed; otherwise they are named.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo -n)

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.made:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed: https://www.python.org/downloads/"; exit 2; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); \
		echo "Python's venv module is missing; installing it"; \
		$(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv ca-certificates >/dev/null \
		&& $(PYTHON) -m venv $(VENV); } || { echo "Install it (Debian, Ubuntu: apt install python3-venv) and call make again."; exit 2; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check -U 'pip>=25.1'
	@touch $@

$(VENV)/.package: $(VENV)/.made pyproject.toml
	@echo "Installing auditor into $(VENV)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile -e .
	@touch $@

$(VENV)/.tools: $(VENV)/.package
	@echo "Installing what tests and lint need"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile --group dev
	@touch $@

# The tests' processes start at once: each would compile all that is imported, and all tests, for itself.
$(VENV)/.compiled: $(VENV)/.tools
	@$(BIN)/python -m pytest --collect-only -q >/dev/null
	@touch $@

$(VENV)/.browser: $(VENV)/.package
	@$(BIN)/auditor browsers install chromium
	@touch $@

$(VENV)/.browsers: $(VENV)/.package
	@$(BIN)/auditor browsers install chromium firefox
	@touch $@ $(VENV)/.browser

setup: $(VENV)/.compiled $(VENV)/.browsers ## Set up everything for working on auditor

demo: $(VENV)/.browser ## Audit the demo shop and say where the report is
	@$(BIN)/auditor demo

test: $(VENV)/.compiled $(VENV)/.browsers ## Run all tests
	@$(BIN)/python -m pytest -n 6 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.tools ## Style, types, and which room may import which
	@$(BIN)/ruff check auditor tests benchmarks
	@$(BIN)/ruff format --check auditor tests benchmarks
	@$(BIN)/mypy
	@$(BIN)/lint-imports

golden: $(VENV)/.package ## Write the generated files anew (docs/result.schema.json, docs/rules, the newest schema as SQL)
	@$(BIN)/python -m auditor.store.newest
	@$(BIN)/python -m auditor.report.json_file
	@$(BIN)/python -m auditor.evaluate.reference

docs: golden ## The same: what docs/ holds of generated pages

clean: ## Remove what make made
	@rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
