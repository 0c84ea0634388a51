# Commands of the project. Needs Python 3.11 or newer, make and a package index; everything else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
UV := .lock-venv/bin/uv
# Paths of this repository only, and no address of an index, whatever the settings of the machine.
COMPILE := UV_NO_PROGRESS=1 $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links $(LOCK_FLAGS)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test lint format docs bench bench-mllp bench-processing bench-hooks kill-test differential viewer lock build clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

install: .venv/installed ## install the locked packages and the project into .venv

# The environment is made anew when the lock changes, so that nothing unlocked stays behind.
.venv/locked: requirements/test.txt requirements/build.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, found: $$($(PYTHON) --version 2>&1). Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { \
	  echo "The virtual environment could not be made; on Debian and Ubuntu the package python3-venv is needed." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/test.txt --requirement requirements/build.txt
	@touch $@

.venv/installed: .venv/locked pyproject.toml
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

demo: install ## show the adapter at work on example patients
	$(BIN)/ldt demo

test: lint ## check everything: format, types, imports, tests
	$(BIN)/pytest --numprocesses auto --dist loadgroup

lint: install ## check format, style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

docs: install ## write the generated pages (docs/facts.md, docs/hl7v2.md, docs/rules) again
	$(BIN)/python -m docs.generate

bench: install ## measure speed
	$(BIN)/python -m benchmarks

bench-mllp: install ## measure durable MLLP round trips beside other receivers (BENCH_ROUNDS, BENCH_SECONDS)
	$(BIN)/python -m benchmarks.mllp

bench-processing: install ## measure how fast stored messages are processed behind the acknowledgement (BENCH_MESSAGES)
	$(BIN)/python -m benchmarks.processing

bench-hooks: install ## measure patient-view with 200 Observations beside other services (BENCH_CALLS, BENCH_ROUNDS)
	$(BIN)/python -m benchmarks.hooks

kill-test: install ## kill the server 50 times under 10,000 messages, and trace its disk syncs 20 times
	KILL_TEST_MESSAGES=10000 KILL_TEST_KILLS=50 SYNC_TEST_TRACES=20 $(BIN)/pytest tests/durability

differential: install ## compare our HL7 v2 reader with others on 20,000 generated messages
	DIFFERENTIAL_MESSAGES=20000 $(BIN)/pytest --numprocesses auto tests/hl7v2/differential

viewer: install ## look at the cards of a running server as an EHR shows them (needs npm and a browser)
	$(BIN)/python -m tests.browser

lock: .lock-venv/ready ## resolve the requirements again; newest versions with LOCK_FLAGS=--upgrade
	$(COMPILE) pyproject.toml --output-file requirements/runtime.txt
	$(COMPILE) pyproject.toml --extra test --constraints requirements/runtime.txt --output-file requirements/test.txt
	$(COMPILE) --group build --constraints requirements/test.txt --output-file requirements/build.txt

.lock-venv/ready:
	$(PYTHON) -m venv --clear .lock-venv
	.lock-venv/bin/python -m pip install --quiet uv==0.13.8
	@touch $@

build: install ## build the wheel and the source distribution into dist/
	$(BIN)/python -m build --no-isolation

clean: ## remove environments, caches and build results
	rm -rf .venv .lock-venv .mypy_cache .pytest_cache .ruff_cache .viewer .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
