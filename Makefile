# Everything a newcomer types. Each target does its own set-up in .venv.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check format serve bench crash clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.ready: requirements/dev.lock pyproject.toml requirements/setup.sh
	@PYTHON="$(PYTHON)" sh requirements/setup.sh .venv requirements/dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv-zoho/.ready: requirements/zoho.lock requirements/setup.sh
	@PYTHON="$(PYTHON)" sh requirements/setup.sh .venv-zoho requirements/zoho.lock
	@touch $@

demo: .venv/.ready ## send real mails through the real API into a local inbox
	@$(BIN)/postroom demo

serve: .venv/.ready ## run the API and the delivery worker, data in ./data
	@$(BIN)/postroom serve --data-dir data

test: check .venv-zoho/.ready ## run every check and every test
	@$(BIN)/pytest -n 3

check: .venv/.ready ## lint, types and the import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/.ready ## put the code into its usual form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/.ready ## compare with Postfix on this machine
	@$(BIN)/python -m bench.postfix

crash: .venv/.ready ## kill the server and the worker under load, count every mail
	@$(BIN)/python -m bench.crash

clean: ## remove what the targets above made
	rm -rf .venv .venv-zoho build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
