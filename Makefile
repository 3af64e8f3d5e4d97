# Every target works as the very first command on a machine with git, make and python3 >= 3.10.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
EXTRAS ?= dev
# The oldest versions that pyproject.toml allows: there are none of them for newer Pythons than 3.12.
PYTHONS_MIN := python3.10 $(wildcard $(HOME)/.pyenv/versions/3.10.*/bin/python3) python3.11 python3.12
PYTHON_MIN ?= $(firstword $(foreach p,$(PYTHONS_MIN),$(shell $(p) -c 'print("$(p)")' 2>/dev/null)))
VENV_MIN ?= .venv-min
BIN_MIN := $(VENV_MIN)/bin
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: demo test test-clients test-cluster test-min lint type docs prose bench accuracy intervals check clean
.DEFAULT_GOAL := check

demo: $(READY)
	unset TF_CPP_MIN_LOG_LEVEL; $(BIN)/python examples/first_steps/plot_1_forecast.py

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

# Some of these libraries hold pandas below 3, so they have an environment of their own.
test-clients:
	$(MAKE) test VENV=$(VENV)-clients EXTRAS=dev,clients ARGS="-m clients $(ARGS)"

test-min: $(VENV_MIN)/.installed
	$(BIN_MIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

test-cluster:
	$(MAKE) test VENV=$(VENV)-cluster EXTRAS=dev,cluster,optuna ARGS="-n 0 -m cluster $(ARGS)"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

type: $(READY)
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/pip install --quiet -e ".[docs]"
	rm -rf docs/api docs/_build/html
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	$(BIN)/python docs/check_site.py docs/_build/html

# Sentences and headings that are hard to read, of the pages without the pictures of the examples.
prose: $(READY)
	$(BIN)/pip install --quiet -e ".[docs]"
	rm -rf docs/_build/prose
	$(BIN)/sphinx-build -q -D plot_gallery=0 -b html docs docs/_build/prose
	$(BIN)/python docs/prose.py docs/_build/prose/.doctrees

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

$(VENV_MIN)/.installed: pyproject.toml .ci/floors.py
	@test -n "$(PYTHON_MIN)" || \
		{ echo "make test-min needs Python 3.10 to 3.12: make test-min PYTHON_MIN=/path/to/python3.10"; exit 1; }
	@$(PYTHON_MIN) -m venv --clear $(VENV_MIN)
	$(BIN_MIN)/python -m pip install --quiet --disable-pip-version-check packaging tomli
	$(BIN_MIN)/python .ci/floors.py > $(VENV_MIN)/floors.txt
	$(BIN_MIN)/python -m pip install --quiet --disable-pip-version-check -c $(VENV_MIN)/floors.txt -e ".[dev]"
	@touch $@

clean:
	rm -rf docs/api docs/auto_examples docs/_backreferences $(VENV) $(VENV)-clients $(VENV)-cluster $(VENV_MIN) .mypy_cache .pytest_cache .ruff_cache .hypothesis docs/_build
