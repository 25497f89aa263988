# Everything runs in .venv, which is made once. Another Python: make test PYTHON=python3.12
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	>/dev/null 2>&1 && { echo $$python; break; }; done)

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PACKAGE := .venv/.package-installed
TESTED := .venv/.tests-installed

.PHONY: help demo test check lint scoreboard clean

help:
	@echo 'make demo        examine a sick network: in the app where there is a terminal, else printed'
	@echo 'make test        everything: format, types, imports, packs, tests, the slow ones too'
	@echo 'make check       the same without the slow tests'
	@echo 'make scoreboard  how it does on all sick and healthy programs, beside baselines (hours; it goes on where it was)'
	@echo 'make clean       remove .venv and what was built'
	@echo 'Another Python than the first of 3.11, 3.12, 3.13: make test PYTHON=/path/to/python'

demo: $(PACKAGE)
	@$(BIN)/nndoctor demo

test: $(TESTED)
	@status=0; $(MAKE) --no-print-directory lint || status=1; \
	OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist worksteal || status=1; exit $$status

check: $(TESTED)
	@status=0; $(MAKE) --no-print-directory lint || status=1; \
	$(BIN)/python -m pytest -m 'not slow and not gpu' || status=1; exit $$status

# every part runs, whatever the one before it says
lint: $(TESTED)
	@status=0; \
	$(BIN)/ruff check --output-format concise . || status=1; \
	$(BIN)/ruff format --check . || status=1; \
	$(BIN)/mypy nndoctor probes tests || status=1; \
	$(BIN)/lint-imports || status=1; \
	$(BIN)/nndoctor check . || status=1; \
	exit $$status

# a part of it: make scoreboard ONLY='fresh/loss/*' JOBS=1
scoreboard: $(TESTED)
	@$(BIN)/python -m benchmarks.scoreboard --only '$(or $(ONLY),*)' --jobs '$(or $(JOBS),2)'

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(PACKAGE): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e .
	@touch $@

$(TESTED): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[test]'
	@touch $@ $(PACKAGE)

$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'No Python 3.11, 3.12 or 3.13 with venv found. Name one: make PYTHON=/path/to/python'; exit 1; }
	$(PYTHON) -m venv .venv
