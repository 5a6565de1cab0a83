# Everything runs in .venv, which make builds from requirements/dev.txt: the same versions on every machine.
PYTHON ?= python3
BIN := .venv/bin
BENCHES := $(filter-out bench/__init__.py,$(wildcard bench/*.py))

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test long check bench mutate lock clean packages

demo: .venv/.installed
	$(BIN)/weft demo

test: .venv/.installed packages
	$(BIN)/pytest -n auto

# What tests on DPDK need, where this user may install it.
packages:
	@tools/packages.sh

# The tests marked `long` as well, and many more examples for every property.
long: .venv/.installed packages
	@tools/packages.sh aarch64
	HYPOTHESIS_PROFILE=long $(BIN)/pytest -n auto -m "long or not long"

check: .venv/.installed
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright
	$(BIN)/lint-imports

# Without arguments a script measures a modest size.
bench: .venv/.installed $(BENCHES:%=run/%)

run/bench/%.py: .venv/.installed
	$(BIN)/python -m bench.$*

# Listed slips in the P4 generator, one at a time in a copy: bmv2 beside the interpreter has to tell them.
mutate: .venv/.installed
	$(BIN)/python -m tools.mutate

lock:
	tools/lock.sh

clean:
	rm -rf .venv build dist .hypothesis .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --require-hashes: exactly the locked files. --no-build-isolation: the build tool is one of them.
.venv/.installed: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("weft needs Python 3.11 or newer; set PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
