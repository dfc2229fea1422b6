# Two commands do everything: `make run` (the quick suite) and `make test`. Both set up what they need first.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
CORES ?= 2
SUITE ?= quick
# More settings of params.yaml for `make run`: make run SETTINGS='forkserver=true'
SETTINGS ?=
NEEDED_MB := 9000
# Tests run in so many processes. The tests of a file, and of a group that names itself, stay together in one of them.
WORKERS ?= 2
PYTEST = $(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadscope --no-loadscope-reorder

PROFILE ?= slurm
INSTALL = DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends
# $(call packages,PROGRAMS,PACKAGES): Debian's packages, where the programs are not there.
packages = for program in $(1); do command -v $$program >/dev/null || { echo "installing $(2)"; \
	$(INSTALL) $(2) >/dev/null || { apt-get update >/dev/null && $(INSTALL) $(2) >/dev/null; }; }; done
# The browser that opens the page of a suite: installed where it is missing and this user may.
ifneq ($(shell command -v chromium chromium-browser google-chrome),)
BROWSER :=
else ifneq ($(and $(shell command -v apt-get),$(filter 0,$(shell id -u))),)
BROWSER := browser
else
BROWSER :=
endif
ON_CLUSTER = $(BIN)/python tests/cluster/with_slurm.py

.PHONY: help run reproduce record keep setup peers clean
.PHONY: check test lint types unit workflow-test kernels bounds browser
.PHONY: cluster slurm-packages accounting-packages test-cluster test-cluster-faults test-cluster-accounting

help:
	@echo "make run     set up, then build the suite (SUITE=$(SUITE), CORES=$(CORES)) into results/"
	@echo "make reproduce  the same through DVC, then every file and number checked (docs/reproduce.md)"
	@echo "make record  the same through DVC, and the result becomes the recorded one (docs/results/$(SUITE), dvc.lock)"
	@echo "make keep    what make run built becomes the recorded result (docs/results/$(SUITE), dvc.lock)"
	@echo "make check   set up, then lint, types and the unit tests that train nothing: two minutes"
	@echo "make test    the same, and what trains, a tiny suite through the real workflow and DVC, kernels with bounds checked"
	@echo "make unit    all unit tests; make workflow-test: the workflow and DVC; make bounds: the kernels"
	@echo "make setup   .venv with the pinned versions of constraints.txt"
	@echo "make peers   $(PEERS) with the other coders that benchmarks/bench_peers.py compares with"
	@echo "make cluster check the SLURM cluster (surp doctor), then build the suite on it (PROFILE=$(PROFILE))"
	@echo "make test-cluster             a tiny suite on a one-machine SLURM of its own; needs root and apt-get"
	@echo "make test-cluster-accounting  the same with slurmdbd and MariaDB"
	@echo "make test-cluster-faults      what clusters do to jobs: kills, limits, nodes, disks (half an hour)"
	@echo "make clean   remove caches (never results/)"

setup: $(VENV)/.installed

$(VENV)/.installed: constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v[:2] < (3, 14) else f"surp needs Python 3.11 to 3.13, but {sys.executable} is {v[0]}.{v[1]}; try: make setup PYTHON=python3.11")'
	@if [ ! -x $(BIN)/snakemake ]; then \
		free=$$(df -Pm . | awk 'NR == 2 {print $$4}'); \
		if [ "$$free" -lt $(NEEDED_MB) ]; then \
			echo "set-up needs $(NEEDED_MB) MB in $$PWD, but $$free MB are free" >&2; exit 1; fi; fi
	$(PYTHON) -m venv $(VENV)
	@echo "installing the versions of constraints.txt (about three minutes the first time)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[workflow,dev]'
	@touch $@

peers: $(PEERS)/.installed

# nncodec needs numpy below 2, so it cannot live in $(VENV); its coder runs without torch and the rest of what it
# declares, hence --no-deps. It comes as sources: a C++ compiler is needed.
$(PEERS)/.installed: benchmarks/peers/constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 9) <= v[:2] < (3, 13) else f"nncodec 2.1.3 needs numpy below 2, so Python 3.9 to 3.12, but {sys.executable} is {v[0]}.{v[1]}; try: make peers PYTHON=python3.11")'
	$(PYTHON) -m venv $(PEERS)
	@echo "building nncodec from its sources (about two minutes)"
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint $< numpy pybind11 setuptools wheel
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint $< --no-deps --no-build-isolation nncodec
	@touch $@

run: setup
	@$(BIN)/surp unlock
	$(BIN)/snakemake all --cores $(CORES) --config suite=$(SUITE) $(SETTINGS)
	@$(BIN)/surp table results/summary.csv
	@echo "figures: results/figures/   table: results/summary.csv   files: results/$(SUITE)/**/model.surp"

# What the stages of DVC call has to be found, activated or not. Of the suite in params.yaml the last stage is the view.
DVC = PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/dvc
LAST = $(if $(filter $(SUITE),$(shell sed -n 's/^suite: *//p' params.yaml)),view,workflow/dvc.yaml:suite@$(SUITE))

reproduce: setup
	$(DVC) repro $(LAST)
	$(BIN)/surp verify results/ --suite $(SUITE)

# For whoever changed what moves the numbers.
record: setup
	$(DVC) repro $(LAST)
	@$(MAKE) --no-print-directory keep

# A built suite becomes the recorded one, in docs/results and in DVC; `verify` still looks at every file and number.
keep: setup
	$(BIN)/surp remember $(SUITE)
	$(BIN)/surp keep $(SUITE)
	$(DVC) commit --force --with-deps $(LAST)
	$(BIN)/surp verify results/ --suite $(SUITE)
	@echo "now: git add dvc.lock workflow/dvc.lock docs/results/$(SUITE), and commit; dvc push"

cluster: setup
	$(BIN)/surp doctor --profile $(PROFILE) --suite $(SUITE)
	$(BIN)/snakemake --profile $(PROFILE) all --config suite=$(SUITE)

slurm-packages:
	@$(call packages,slurmctld munged,slurm-wlm munge)

accounting-packages: slurm-packages
	@$(call packages,slurmdbd mariadbd,slurmdbd mariadb-server)

# Debian starts no daemon of these packages where there is no systemd, and ours are in namespaces of their own.
test-cluster: setup slurm-packages
	$(ON_CLUSTER) -- $(BIN)/pytest tests/cluster -m "cluster and not faults"

test-cluster-accounting: setup accounting-packages
	$(ON_CLUSTER) --accounting -- $(BIN)/pytest tests/cluster -m "cluster and not faults"

test-cluster-faults: setup slurm-packages
	$(ON_CLUSTER) -- $(BIN)/pytest tests/cluster -m faults

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

types: setup
	$(BIN)/mypy

# The page of a suite is opened in a browser. Without one, or the right to install it, that test is skipped and says so.
browser:
	@$(call packages,chromium,chromium) || echo "no Chromium: the test that opens the report is skipped"

check: lint types
	$(PYTEST) -m "not trains and not processes and not workflow and not cluster"

unit: setup $(BROWSER)
	$(PYTEST) -m "not workflow and not cluster"

workflow-test: setup
	$(PYTEST) -m workflow

# In one process, so that each kernel is compiled once; whatever runs later finds it compiled.
kernels: setup
	$(BIN)/pytest -m kernels

# numba checks no index unless it is asked to: a kernel that leaves its array would read and write what lies beside.
# Such kernels take minutes to compile with all optimisation, half a minute with little.
bounds: setup
	NUMBA_BOUNDSCHECK=1 NUMBA_OPT=1 NUMBA_CACHE_DIR=$(CURDIR)/.cache/bounds $(BIN)/pytest -m kernels

test: setup
	$(MAKE) --no-print-directory --jobs=$(WORKERS) --output-sync=target bounds kernels lint types $(BROWSER)
	$(PYTEST) -m "not kernels and not cluster"

clean:
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
