# Needs Python >= 3.11 and make, nothing else. Everything is installed into .venv from the hashed locks.

PYTHON ?= python3
VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
# for `make test`: more pytest options; for `make bench` and `make chaos`: their options
ARGS ?=
# `make lock UPGRADE=1` takes the newest releases; without it only what pyproject.toml asks for changes
UPGRADE ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test compose-test check chaos bench costs gallery lock clean clean-data

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

run: $(RUNTIME) ## start Redis, producer, workers, scheduler and dashboard; Ctrl-C stops them
	@exec $(VENV_PYTHON) -I -S shared/launcher/tether.py $$PPID 15 $(VENV_PYTHON) -m shared.launcher

test: $(DEV) ## run every test that needs no Docker; ARGS="-k queue" picks some
	@$(VENV_PYTHON) -m pytest -m "not docker" $(ARGS)

compose-test: $(DEV) ## run the test of docker-compose.yml; needs a Docker engine
	@$(VENV_PYTHON) -m pytest -m docker $(ARGS)

check: $(DEV) ## lint, formatting and types
	@$(VENV_PYTHON) -m ruff check .
	@$(VENV_PYTHON) -m ruff format --check .
	@$(VENV_PYTHON) -m mypy

chaos: $(DEV) ## kill, freeze and starve the stack while it works, then judge; ARGS="--seeds 10 --seed 1"
	@$(VENV_PYTHON) -m tests.e2e.faults $(ARGS)

bench: $(RUNTIME) ## measure Pressroom and its peers; writes benchmarks/RESULTS.md; ARGS="--only pipeline"
	@$(VENV_PYTHON) -m benchmarks $(ARGS)

costs: $(RUNTIME) ## record what a job costs, for the test that compares
	@$(VENV_PYTHON) -m benchmarks.costs --record

gallery: $(DEV) ## make the pictures of docs/gallery anew; needs poppler
	@$(VENV_PYTHON) -m tests.gallery $(ARGS)

lock: ## make the locks anew after a change of pyproject.toml; UPGRADE=1 takes the newest releases
	@$(require_python)
	@test -x .venv-lock/bin/uv || { $(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip install --quiet uv; }
	@$(call compile,requirements.lock)
	@$(call compile,requirements-dev.lock,--extra dev --constraint requirements.lock)

clean: ## remove what was installed and generated; jobs and reports stay
	rm -rf $(VENV) .venv-lock .venv-other .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

clean-data: ## remove the embedded Redis's jobs and all reports
	rm -rf .data
	find uploads -mindepth 1 ! -name .gitkeep -delete

$(RUNTIME): requirements.lock
	@$(call install,requirements.lock)
	@touch $@

$(DEV): requirements.lock requirements-dev.lock
	@$(call install,requirements-dev.lock)
	@touch $(RUNTIME) $@

# The lock names no index and no machine, so that the same files are found wherever releases are.
define compile
env -u UV_INDEX -u UV_DEFAULT_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS \
  .venv-lock/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
  $(if $(UPGRADE),--upgrade) $(2) --output-file $(1) pyproject.toml && echo "wrote $(1)"
endef

define install
$(require_python)
$(VENV_PYTHON) -c "" 2>/dev/null || { \
  rm -rf $(VENV); echo "Setting up $(VENV) from $(1), once ..."; \
  $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
    echo "'$(PYTHON) -m venv' does not work here; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; }; \
$(VENV_PYTHON) -m pip install --quiet --require-hashes --requirement $(1)
endef

define require_python
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  echo "Pressroom needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo not there)." >&2; \
  echo "Name another one: make PYTHON=python3.13 ..." >&2; exit 1; };
endef
