# PicHaven: `make` lists what there is. Needs Python 3.11 to 3.13, a JDK 17 or newer, and make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# A Python to use instead of the first on the PATH that fits.
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
STAMP := $(VENV)/.installed
PACKAGES := libs/contracts libs/chassis libs/places services/identity services/upload \
	services/processing services/ml services/gallery services/search cli deploy/local
SOURCES := $(addsuffix /src,$(PACKAGES))
# Tests wait for engines and processes more than they compute, so there are more workers than cores.
WORKERS ?= 3
PARALLEL := -n $(WORKERS)
# Containers often forbid bytecode; without it each process compiles all that it imports.
export PYTHONDONTWRITEBYTECODE :=

help: ## list the targets
	@grep -hE '^[a-z][a-z_%-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

install: $(STAMP) ## the virtual environment, from the pinned requirements
$(STAMP): requirements/bootstrap.txt requirements/dev.txt requirements/photographs.txt \
		$(addsuffix /pyproject.toml,$(PACKAGES))
	@deploy/local/make_venv.sh $(VENV) $(PYTHON)
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@echo "installing the pinned requirements"
	@$(BIN)/uv pip install -q --python $(PY) --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install -q --python $(PY) --require-hashes --no-deps --only-binary :all: \
		--target $(VENV)/photographs -r requirements/photographs.txt
	@$(BIN)/uv pip install -q --python $(PY) --no-deps --no-build-isolation \
		$(addprefix -e ./,$(PACKAGES))
	@touch $@
jdk: $(STAMP) ## fetch a JDK into the cache, where this machine has none
	@$(PY) -m pichaven_local jdk

up: $(STAMP) ## start the whole platform here; Ctrl-C stops it
	@$(PY) -m pichaven_local up
down: $(STAMP) ## stop it from another terminal
	@$(PY) -m pichaven_local down
status: $(STAMP) ## what runs, since when, in how much memory
	@$(PY) -m pichaven_local status
logs: $(STAMP) ## the last log lines of every process (C=upload for one, F=1 to follow)
	@$(PY) -m pichaven_local logs $(if $(F),--follow) $(C)
reset: $(STAMP) ## remove the local data, after asking
	@$(PY) -m pichaven_local reset
model: $(STAMP) ## switch the running platform to another model: NAME=ViT-B-32/laion2b_s34b_b79k (QUERIES=file FORCE=1)
	@$(PY) -m pichaven_local model $(if $(QUERIES),--queries '$(QUERIES)') $(if $(FORCE),--force) '$(NAME)'
demo: $(STAMP) ## upload sample photos through the API, search them, show what was found (URL=…)
	@$(PY) -m demo $(if $(URL),--url '$(URL)')

test: $(STAMP) ## all tests, on the real engines (half an hour on two cores; ENGINES=containers)
	@$(PY) -m pichaven_local web test
	@PICHAVEN_TEST_ENGINES=$(ENGINES) $(PY) -m pytest $(PARALLEL)
test-fast: $(STAMP) ## the tests that need neither engines nor models (half a minute)
	@$(PY) -m pichaven_local web test
	@$(PY) -m pytest $(PARALLEL) -m "not engines and not slow"
SEED ?= 1
fuzz: COUNT ?= 10000
fuzz: $(STAMP) ## damaged files of every format through the pipeline (COUNT=10000 SEED=1 KEEP=folder)
	@$(PY) -m services.processing.tests.fuzz --count $(COUNT) --seed $(SEED) $(if $(KEEP),--keep $(KEEP))
lint: $(STAMP) ## formatting, lints, strict types, import rules, dead code
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(PY) -m mypy $(SOURCES) testing bench demo services/ml/photo_model deploy/docker deploy/compose deploy/k8s \
		deploy/observability deploy/backup
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/vulture
	@$(PY) -m pichaven_local web check
format: $(STAMP) ## format the code and mend what lints can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(PY) -m pichaven_local web format

check-deploy: $(STAMP) ## compose and Kubernetes files, by their own tools where these are there
	@$(PY) -m pytest -q deploy/tests
	@kubectl kustomize deploy/k8s/overlays/evaluation > /dev/null && echo "kustomize builds"
	@docker-compose config -q && echo "compose is valid"

TARGETS ?=
images: $(STAMP) ## build the container images (TARGETS="service web")
	@$(PY) -m deploy.docker.images build $(TARGETS)
images-check: $(STAMP) ## build them and check what they promise
	@$(PY) -m deploy.docker.images check $(TARGETS)
test-compose: $(STAMP) ## build the images, run them by compose and use them, kills and a new release included
	@$(PY) -m deploy.compose.check
test-k8s: $(STAMP) ## run the images on a Kubernetes node and use them, kills and releases included (root, Debian, Go; PREVIOUS=revision upgraded from)
	@$(PY) -m deploy.k8s.check $(if $(PREVIOUS),--previous $(PREVIOUS))
alert-drill: $(STAMP) ## cause the fault of each alert on a local stack and see it fire (needs Prometheus)
	@$(PY) -m deploy.observability.drill
restore-drill: $(STAMP) ## back up a local stack in use, restore it into an empty one, and compare
	@$(PY) -m deploy.backup.drill
contracts: $(STAMP) ## write the golden schemas, AsyncAPI and OpenAPI documents anew
	@$(PY) -m pichaven_contracts
	@$(PY) docs/events/generate.py
	@$(PY) -m deploy.observability.generate
	@$(PY) deploy/gateway/merge_openapi.py
train-tiny: $(STAMP) ## draw pictures and train pichaven-tiny anew (half an hour; see services/ml/training/README.md)
	@cd services/ml && PYTHONPATH=../.. ../../$(PY) -m training
photo-model: $(STAMP) ## compute the default model's parameters anew (a minute; see services/ml/photo_model/README.md)
	@PYTHONPATH=. $(PY) -m services.ml.photo_model
screenshots: $(STAMP) ## take the pictures of docs/web of the running platform (ONLY=map,explore ACCOUNT=ada@example.com)
	@PYTHONPATH=. $(PY) docs/web/take_screenshots.py $(if $(ONLY),--only $(ONLY)) $(if $(ACCOUNT),--account $(ACCOUNT))
bench-%: $(STAMP) ## processing, latency, upload, durability, api, timeline, web, ml, search (COUNT=10000,100000)
	@$(if $(COUNT),PICHAVEN_BENCH_PHOTOS=$(COUNT)) $(if $(SCROLL_S),PICHAVEN_BENCH_SCROLL_S=$(SCROLL_S)) \
		$(PY) -m bench.$*
# A kill every PAUSE seconds, in the order of SEED.
chaos: COUNT ?= 5000
PAUSE ?= 4
chaos: $(STAMP) ## upload COUNT=5000 photos while processes are killed; every one has to be there
	@$(PY) -m bench.chaos --count $(COUNT) --pause $(PAUSE) --seed $(SEED)
# Peers of benchmarks. Where one cannot be installed, its benchmark says so and runs without it.
SHARP := bench/sharp/node_modules/.package-lock.json
bench-processing: $(SHARP)
$(SHARP): bench/sharp/package-lock.json
	@cd bench/sharp && npm ci --silent 2> /dev/null || true
PGVECTOR := $(VENV)/.pgvector
bench-search: $(PGVECTOR)
$(PGVECTOR): requirements/bench.txt $(STAMP)
	@$(BIN)/uv pip install -q --python $(PY) --require-hashes -r $< 2> /dev/null && touch $@ || true
requirements: $(STAMP) ## pin the newest versions that fit requirements/*.in
	@cd requirements && for name in dev service processing ml open-clip cli local bench images; do \
		../$(BIN)/uv pip compile -q --upgrade --python-version 3.11 --generate-hashes --no-header \
			--no-emit-index-url --no-annotate $$([ $$name = dev ] || echo "-c dev.txt") \
			-o $$name.txt $$name.in; done
	@cd requirements && ../$(BIN)/uv pip compile -q --upgrade --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url --no-annotate --no-deps --only-binary :all: \
		-o photographs.txt photographs.in

.PHONY: help install jdk up down status logs reset model demo test test-fast fuzz chaos lint format \
	test-compose alert-drill restore-drill \
	train-tiny photo-model \
	check-deploy images images-check contracts \
	requirements
