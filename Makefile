# isbe-bench: `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help install run test lint format site tables figures report publish records samples paper-mnist paper-cifar10
.PHONY: campaign stages stage bench overhead sweep-overhead aggregation dist faults launchers clean

PYTHON ?= python3
RESULTS ?= results
DATA ?= data
BIN := .venv/bin
STAMP := .venv/.installed

# What a user gives is text: make expands nothing in it, and recipes read it from the environment, so that the
# shell runs nothing in it either.
$(foreach name,PYTHON RESULTS DATA STAGE STAGES WHOLE,$(eval override $(name) := $$(value $(name))))
export PYTHON RESULTS DATA STAGE STAGES WHOLE

# Paths go through the override syntax of isbe-bench, which reads these signs.
SIGNS := ' " \ $$
$(foreach name,RESULTS DATA,$(foreach sign,$(SIGNS),$(if $(findstring $(sign),$($(name))),\
    $(error $(name)=$($(name)): allowed is a path without $(SIGNS)))))

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'
	@echo '  RESULTS=DIR with any of them: another results folder than results/; DATA=DIR: the folder of the data'

install: $(STAMP) ## make the virtual environment .venv with the pinned versions; quick when nothing changed

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || "$$PYTHON" -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

run: install ## all eight loss modes on embedded data, then tables, figures and report (about 3 minutes on two cores)
	$(BIN)/isbe-bench task=theory "results_dir='$$RESULTS'"
	$(BIN)/isbe-bench experiment=quick "results_dir='$$RESULTS'"
	$(BIN)/isbe-bench task=timing timing.processes=4 timing.rounds=54 "results_dir='$$RESULTS'"
	@$(MAKE) --no-print-directory publish
	@echo && cat "$$RESULTS/tables/timing_totals.md" "$$RESULTS/tables/table3_alpha.md"

# One thread each: threads of two processes that share two cores wait for one another.
test: install ## the tests, in two processes
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -m "not slow"

lint: install ## ruff, mypy, and the order of the packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install ## let ruff reformat the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Without the notice of the generator's makers about its end and successor.
site: install ## the documentation, the API and all results as pages in site/, for any browser, without a network
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo 'site/index.html'

# One process for all of them reads the runs once and draws each figure once: `make publish`.
publish: install ## tables, figures and report from whatever runs exist
	$(BIN)/isbe-bench publish "$$RESULTS"

tables: install ## the paper's tables, and those that it lacks, from whatever runs exist
	$(BIN)/isbe-bench tables "$$RESULTS"

figures: install ## the paper's figures, and an interval plot for each of its tables, from whatever runs exist
	$(BIN)/isbe-bench figures "$$RESULTS"

report: install ## report.html and report.md: the paper's claims with a verdict on each
	$(BIN)/isbe-bench report "$$RESULTS"

records: install ## all finished runs as tidy CSV files, from which tables, figures and report can be made again
	$(BIN)/isbe-bench records "$$RESULTS"

samples: install ## an image of each class of MNIST and CIFAR-10 below DATA=DIR, for Figure 5
	$(BIN)/isbe-bench samples "$$RESULTS" --data "$$DATA"

# A stage after another, and all results anew behind each: what is there can be read while the rest runs.
# Every stage goes on where it was interrupted.
define MNIST_STAGES
experiment=table1_tau
experiment=table3_alpha arch=n0 seed=0
experiment=table3_alpha arch=n0
experiment=normalize
experiment=figure2
experiment=table3_alpha
endef
define CIFAR10_STAGES
experiment=tau_vgg16
experiment=figure6
experiment=figure6 seed=0,1,2,3,4,5
endef
# What the published verdicts rest on and still lack (results/cpu/tables/power.md), the most telling first.
define CAMPAIGN_STAGES
experiment=table3_alpha arch=n1 train.epochs=6 device.threads=1
experiment=table3_alpha arch=n0 loss=ce_mean,isbe_hardtanh train.epochs=30 seed=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18 device.threads=1
experiment=table3_alpha arch=n1r train.epochs=6 device.threads=1
experiment=airbench seed=0,1,2,3,4,5 device.threads=1
experiment=airbench_isbe loss=isbe_softmax,isbe_sigmoid seed=0,1,2,3,4,5 device.threads=1
experiment=table3_alpha arch=n0 train.epochs=30 device.threads=1
endef
export MNIST_STAGES CIFAR10_STAGES CAMPAIGN_STAGES

paper-mnist: install ## all of the paper on MNIST below DATA=DIR, in days on two cores; goes on where it was interrupted
	$(BIN)/isbe-bench task=theory "results_dir='$$RESULTS'"
	@$(MAKE) --no-print-directory stages STAGES="$$MNIST_STAGES"

paper-cifar10: install ## all of the paper on CIFAR-10 below DATA=DIR, for a GPU; goes on where it was interrupted
	@$(MAKE) --no-print-directory stages STAGES="$$CIFAR10_STAGES"

campaign: install ## trainings that decide most, in hours to days on a CPU; started once a core, they share the work
	@$(MAKE) --no-print-directory stages STAGES="$$CAMPAIGN_STAGES"

# A run that fails does not keep the stages behind it from being tried; Ctrl-C does.
stages:
	@failed=0; \
	printf '%s\n' "$$STAGES" | { while read -r stage; do \
	    $(MAKE) --no-print-directory stage STAGE="$$stage" </dev/null || failed=1; \
	done; exit $$failed; }

stage: install
	set -f; $(BIN)/isbe-bench $$STAGE "dataset.root='$$DATA'" "results_dir='$$RESULTS'"; \
	ended=$$?; \
	$(BIN)/isbe-bench samples "$$RESULTS" --data "$$DATA"; \
	$(BIN)/isbe-bench publish "$$RESULTS" && exit $$ended

bench: install ## every ratio of docs/performance.md on this machine, in 20 minutes; DATA=DIR is the folder of MNIST
	$(BIN)/python scripts/bench.py --dataset-root "$$DATA"

overhead: install ## of these, what the runner costs, and its parts, in 5 minutes; DATA=DIR is the folder of MNIST
	$(BIN)/python scripts/bench.py epochs --dataset-root "$$DATA"

sweep-overhead: install ## of these, what a sweep costs beyond its epochs, in 4 minutes
	$(BIN)/python scripts/bench.py sweeps

aggregation: install ## of these, how long tables and verdicts take with 10,000 runs, in two minutes
	$(BIN)/python scripts/bench.py publishing

# WHOLE="3.12 3.13": with PyTorch for these, too, which takes gigabytes where there is no build without CUDA.
dist: install ## sdist and wheel in dist/, each tried in an empty environment with every Python at hand
	set -f; $(BIN)/python scripts/distributions.py $${WHOLE:+--whole $$WHOLE}

faults: install ## what kills, full disks, damaged data and the like do to sweeps: zeros, in half an hour on two cores
	$(BIN)/python scripts/faults.py

launchers: install ## 100 tiny runs under each launcher, undisturbed and with workers killed: times and zeros
	$(BIN)/python scripts/launchers.py

clean: ## remove the virtual environment and caches; results stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist site
