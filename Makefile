# Every target works as the very first command on a machine with git, make and python3 >= 3.10.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
EXTRAS ?= dev
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: demo test test-clients lint type docs bench accuracy intervals check clean
.DEFAULT_GOAL := check

demo: $(READY)
	$(BIN)/python examples/plot_01_air_passengers.py

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

# Some of these libraries hold pandas below 3, so they have an environment of their own.
test-clients:
	$(MAKE) test VENV=$(VENV)-clients EXTRAS=dev,clients ARGS="-m clients $(ARGS)"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

type: $(READY)
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/pip install --quiet -e ".[docs]"
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

bench: $(READY)
	$(BIN)/pip install --quiet -e ".[bench]"
	$(BIN)/python -m benchmarks $(ARGS)

accuracy: $(READY)
	$(BIN)/pip install --quiet -e ".[accuracy]"
	$(BIN)/python -m benchmarks.accuracy $(ARGS)

intervals: $(READY)
	$(BIN)/pip install --quiet -e ".[accuracy]"
	$(BIN)/python -m benchmarks.intervals $(ARGS)

check: lint type test

# The stamp is younger than pyproject.toml once everything in it is installed, so that a second
# call does not install again.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "skforecast_lstm needs Python 3.10 or newer: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "python3 could not make a virtual environment (on Debian: apt install python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[$(EXTRAS)]"
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-clients .mypy_cache .pytest_cache .ruff_cache .hypothesis docs/_build
