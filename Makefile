# isbe-bench: `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help install run test lint format tables figures records overhead clean

PYTHON ?= python3
RESULTS ?= results
DATA ?= data
BIN := .venv/bin
STAMP := .venv/.installed

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'
	@echo '  RESULTS=DIR with run, tables, figures or records: another results folder than results/'

install: $(STAMP) ## make the virtual environment .venv with the pinned versions; quick when nothing changed

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

run: install ## all eight loss modes on embedded data, then tables and figures (3 to 5 minutes on two cores)
	$(BIN)/isbe-bench experiment=quick "results_dir='$(RESULTS)'"
	$(BIN)/isbe-bench task=timing timing.processes=4 timing.rounds=54 "results_dir='$(RESULTS)'"
	$(BIN)/python scripts/make_tables.py --results-dir "$(RESULTS)"
	$(BIN)/python scripts/make_figures.py --results-dir "$(RESULTS)"
	@echo && cat "$(RESULTS)/tables/timing_totals.md" "$(RESULTS)/tables/table3_alpha.md"

test: install ## the tests
	$(BIN)/python -m pytest

lint: install ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install ## let ruff reformat the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

tables: install ## the paper's tables from whatever runs exist
	$(BIN)/python scripts/make_tables.py --results-dir "$(RESULTS)"

figures: install ## learning curves and loss heads from whatever runs exist
	$(BIN)/python scripts/make_figures.py --results-dir "$(RESULTS)"

records: install ## all finished runs as tidy CSV files: a row a run, an epoch, a sample
	$(BIN)/python scripts/make_records.py --results-dir "$(RESULTS)"

overhead: install ## what the runner costs, in 5 minutes; DATA=DIR is where MNIST lies or goes
	$(BIN)/python scripts/overhead.py --dataset-root "$(DATA)"

clean: ## remove the virtual environment and caches; results stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build dist
