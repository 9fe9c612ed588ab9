# Every target makes its own environment in .venv, with Python 3.11 or later and make alone.
# Another Python: make test PYTHON=/path/to/python3.12

PYTHON ?= python3
WORKERS ?= 2
# Libraries to be measured beside chainrule; one that cannot be installed is left out.
PEERS ?= autograd micrograd sympy jax torch==2.13.0

VENV := .venv
BIN := $(VENV)/bin
# Errors are shown, notices are not.
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

# What each environment was made from is in pyproject.toml: a stamp older than it is out of date.
RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev
BENCH := $(VENV)/.installed-bench

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test coverage check bench fuzz format clean

help: ## Show this list.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) \
	  | while IFS='|' read -r target text; do printf '  make %-8s %s\n' "$$target" "$$text"; done

demo: $(RUNTIME) ## Fit a linear regression to real data; results go to demo-output/.
	$(BIN)/chainrule demo

test: $(DEV) ## Run all tests and every example in the documentation.
	$(BIN)/python -m pytest --numprocesses=$(WORKERS)

# Apart from the tests, because counting lines takes half as long again.
coverage: $(DEV) ## Run the tests, and tell which lines they have not reached.
	$(BIN)/python -m pytest --numprocesses=$(WORKERS) --cov

check: $(DEV) ## Check format, lint, types, layers, public names and homes.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_annotations.py
	$(BIN)/python scripts/check_public_names.py
	$(BIN)/python scripts/check_lazy_imports.py
	$(BIN)/python scripts/write_homes.py --check

format: $(DEV) ## Format the code, and mend what the linter can mend.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(BENCH) ## Measure against other libraries, as ratios within one run.
	$(BIN)/python -m benchmarks

fuzz: $(DEV) ## Run the tests that are too long for every day, on random inputs too.
	$(BIN)/python -m pytest -m "fuzz or long" --numprocesses=$(WORKERS)

clean: ## Remove the environment and everything that can be made again.
	rm -rf $(VENV) build dist demo-output htmlcov .coverage .coverage.* coverage.xml
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment that is already there is kept, whoever made it.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'chainrule needs Python 3.11 or later, and $(PYTHON) is not.' >&2; \
	  echo 'Name one: make $(or $(MAKECMDGOALS),demo) PYTHON=/path/to/python3.11' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  rm -rf $(VENV); \
	  echo '$(PYTHON) cannot make environments; on Debian, install python3-venv.' >&2; exit 1; }

# The interpreter is an order-only prerequisite: its date says nothing about ours.
$(RUNTIME): pyproject.toml | $(BIN)/python
	$(PIP) install --editable '.[cli,data,plot]'
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	$(PIP) install --editable '.[all,dev]'
	@touch $@ $(RUNTIME)

$(BENCH): pyproject.toml | $(DEV)
	@for peer in $(PEERS); do \
	  $(PIP) install "$$peer" || echo "left out of the comparison: $$peer cannot be installed" >&2; \
	done
	@touch $@
