# genai-stack: every target explains itself; `make` alone prints them.
ENV     ?= local
VALUES  ?=
PROFILE ?=
T       ?= tests
VENV    := .venv
PYTHON  ?= python3
BIN     := $(VENV)/bin
CLI     := $(BIN)/genai-stack
BEGAN   := $(shell date +%s)
COMMON  := --env $(ENV) $(if $(PROFILE),--profile $(PROFILE)) $(foreach f,$(VALUES),-f $(f))

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev release plan resume abort promote rollback status history uninstall validate render check diff images push lint test test-faults bench lock generate verify clean cluster-up cluster-down

help: ## print the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST) | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9;]*m//g'; fi
	@echo "  Variables: ENV=local|dev|staging|prod  PROFILE=name  VALUES='file ...'  T=tests/path"

setup: $(VENV)/.runtime ## make the virtual environment that the CLI runs in

setup-dev: $(VENV)/.dev ## the same, with what lint and test need

$(VENV)/.python: Makefile
	@$(PYTHON) -c 'import sys; sys.exit("genai-stack needs Python 3.11 or newer; this is %d.%d. Name another with make PYTHON=python3.12" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@PYTHON=$(PYTHON) sh tooling/venv.sh $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.python requirements.lock pyproject.toml
	@echo "==> Python packages (pinned by hash)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "==> Python packages for lint and test"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

release: setup ## release ENV: first time an install, later canary or blue-green; VALUES adds files
ifeq ($(ENV),local)
	@$(CLI) local release --began $(BEGAN) $(if $(PROFILE),--profile $(PROFILE)) $(foreach f,$(VALUES),-f $(f)) $(RELEASE_ARGS)
else
	@$(CLI) release $(COMMON) $(RELEASE_ARGS)
endif

plan: setup ## the steps that a release of ENV would take; nothing is written
	@$(CLI) plan $(COMMON)

resume: setup ## go on with a rollout of ENV whose driver died or was interrupted
	@$(CLI) resume $(COMMON)

abort: setup ## stop the rollout of ENV that is on its way
	@$(CLI) abort $(COMMON) $(RELEASE_ARGS)

promote: setup ## pass the approval that the rollout of ENV waits for
	@$(CLI) promote $(COMMON) $(RELEASE_ARGS)

rollback: setup ## send ENV back to the last verified version
	@$(CLI) rollback $(COMMON) $(RELEASE_ARGS)

status: setup ## what runs in ENV, and the rollout that is on its way; RELEASE_ARGS=--watch keeps looking
	@$(CLI) status $(COMMON) $(RELEASE_ARGS)

history: setup ## the rollouts of ENV that ended: who, when, from what to what
	@$(CLI) history $(COMMON) $(RELEASE_ARGS)

uninstall: setup ## remove route, slots, base and state of ENV
	@$(CLI) uninstall $(COMMON) $(RELEASE_ARGS)

validate: setup ## findings on the values of ENV
	@$(CLI) validate $(COMMON)

render: setup ## the manifests of ENV
	@$(CLI) render $(COMMON)

check: setup ## findings on the values of ENV and on the manifests rendered from them
	@$(CLI) validate $(COMMON)
	@$(CLI) lint $(COMMON)

diff: setup ## what a release of ENV would change
	@$(CLI) diff $(COMMON)

images: setup ## every image that ENV pulls; make images push REGISTRY=.. TAG=..: build ours, push, write digests to images.yaml
ifeq ($(filter push,$(MAKECMDGOALS)),)
	@$(CLI) images $(COMMON)
else
	@$(CLI) images push --registry "$(REGISTRY)" --tag "$(TAG)" -o images.yaml $(PUSH_ARGS)
endif

push: images

cluster-up: setup ## start the embedded cluster
	@$(CLI) cluster up

cluster-down: setup ## stop the embedded cluster and leave nothing behind
	@$(CLI) cluster down

lint: setup-dev ## ruff, mypy, import-linter, the house rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@MYPYPATH=images/gateway:images/inference-cpu:images/evals:images/fetch:images/vectordb $(BIN)/mypy -p genai_gateway -p genai_inference -p genai_evals -p genai_fetch -p genai_backup
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m tests.house

test: setup-dev ## every tier that this machine can run; T=path for a part
	@$(BIN)/python -m tests.tiers $(T)

test-faults: setup-dev ## every API write of a rollout x every fault class; FAULTS_ARGS='--scenario canary --point 17 --fault reset'
	@$(BIN)/python -m tests.faults $(FAULTS_ARGS)

generate: setup-dev ## what is generated from the code: schemas, docs/values.md, docs/lint-rules.md, the state diagram
	@$(BIN)/python -m tests.generate

verify: setup-dev ## that what is generated and committed fits the code: schemas, docs/values.md, docs/lint-rules.md, the state diagram
	@$(BIN)/python -m pytest -q -n 0 tests/test_generate.py tests/test_lintrules.py tests/charts/test_schema.py

bench: setup-dev ## measure: start-up, validate, render, lint, rollouts, beside helm and kubeconform
	@$(BIN)/python -m bench.commands
	@$(BIN)/python -m bench.values_large
	@$(BIN)/python -m bench.lint
	@$(BIN)/python -m bench.render
	@$(BIN)/python -m bench.rollout

lock: setup-dev ## pin the newest allowed packages again, with hashes
	@$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --upgrade pyproject.toml --group build -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --upgrade --extra dev pyproject.toml -c requirements.lock -o requirements-dev.lock

clean: ## remove the virtual environment and caches of this checkout
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
