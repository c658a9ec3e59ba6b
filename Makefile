# Set-up, checks and tests of the project: every target brings its own environment up to date first.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp

.DEFAULT_GOAL := help
.PHONY: help install demo test coverage pythons check format lock package image licences sbom audit clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

install: $(STAMP) ## make the virtual environment as the lock file says

$(VENV)/.locked: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "making $(VENV) from requirements.lock (about a minute)" >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip --disable-pip-version-check install -qq --require-hashes -r requirements.lock
	@touch $@

$(STAMP): $(VENV)/.locked pyproject.toml
	@$(BIN)/python -m pip --disable-pip-version-check install -qq --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## the main job on a sample repository and an emulated AWS
	$(BIN)/pipelines-audit demo

# Many tests wait for processes, sockets and browsers: four workers keep two cores busy. Each takes tests in their order,
# so that what a module sets up is mostly set up once; who has none left takes half of somebody else's.
WORKERS ?= 4
SPREAD = -n $(WORKERS) --dist worksteal

test: $(STAMP) ## the tests, but for the few thorough ones
	$(BIN)/python -m pytest $(SPREAD) -m "not thorough" $(ARGS)

coverage: $(STAMP) ## all tests, with branch coverage and its floor: what CI runs
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(SPREAD) $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

pythons: ## the tests under each further supported Python that is on PATH, each in an environment of its own
	@for python in python3.12 python3.13 python3.14; do \
	    if $$python --version >/dev/null 2>&1; then $(MAKE) test PYTHON=$$python VENV=.venv-$$python || exit 1; \
	    else echo "$$python is not on PATH: left out" >&2; fi; \
	done

check: $(STAMP) ## everything CI looks at besides the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interrogate -q
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet --no-progress .github/workflows

format: $(STAMP) ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

lock: $(STAMP) ## write the lock files anew from pyproject.toml: of development, of what ships, of what builds it
	$(COMPILE) --upgrade --all-extras --group dev pyproject.toml -o requirements.lock
	$(COMPILE) --all-extras --constraint requirements.lock pyproject.toml -o requirements.runtime.lock
	$(COMPILE) --group build --constraint requirements.lock -o requirements.build.lock

package: $(STAMP) ## build the source distribution and the wheel into dist/
	rm -f dist/pipelines_audit-*
	$(BIN)/python -m build --no-isolation --outdir dist .

image: ## build the container image (needs docker)
	docker build --build-arg VERSION="$$($(BIN)/python -m hatchling version)" --tag pipelines-audit .

licences: $(STAMP) ## write docs/licences.md anew: the licences of what ships
	$(BIN)/python -m tests.licences > docs/licences.md

sbom: package ## write dist/sbom.cdx.json (CycloneDX): what ships, in an environment of its own
	$(BIN)/uv venv --quiet --clear dist/.sbom
	$(BIN)/uv pip install --quiet --require-hashes --python dist/.sbom -r requirements.runtime.lock
	$(BIN)/uv pip install --quiet --no-deps --python dist/.sbom dist/pipelines_audit-*.whl
	$(BIN)/cyclonedx-py environment dist/.sbom --output-reproducible --of JSON --validate -o dist/sbom.cdx.json

audit: $(STAMP) ## ask the advisory database about what ships (needs its network)
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements.runtime.lock


clean: ## remove what the targets made
	rm -rf $(VENV) .venv-python3.* .coverage* .mypy_cache .ruff_cache .pytest_cache pipelines-audit-demo dist build
