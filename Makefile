# Everything a newcomer types. Each target does its own set-up in .venv.
# Debian's own Python, where it is whole: built with optimisations that one compiled by hand often lacks.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>&- \
	&& echo /usr/bin/python3 || echo python3)
BIN := .venv/bin

# Locks hold for every platform, pin by hash, and name no index: whoever installs has their own.
PIN := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header

.DEFAULT_GOAL := help
.PHONY: help demo test tested browser peers check format serve bench crash powerloss fuzz lock clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.ready: requirements/dev.lock pyproject.toml requirements/setup.sh
	@PYTHON="$(PYTHON)" sh requirements/setup.sh .venv requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

.venv-zoho/.ready: requirements/zoho.lock requirements/setup.sh
	@PYTHON="$(PYTHON)" sh requirements/setup.sh .venv-zoho requirements/zoho.lock
	@touch $@

demo: .venv/.ready ## send real mails through the real API into a local inbox
	@$(BIN)/postroom demo

serve: .venv/.ready ## run the API and the delivery worker, data in ./data
	@$(BIN)/postroom serve --data-dir data

test: ## run every check and every test
	@$(MAKE) --no-print-directory --jobs=3 .venv/.ready .venv-zoho/.ready peers
	@$(MAKE) --no-print-directory --jobs=2 check tested

tested: .venv-zoho/.ready browser peers
	@$(BIN)/pytest -n 4 --dist worksteal

# No stamp: a browser that is there is found in no time, and one that was removed is missed at once.
browser: .venv/.ready ## have a Chromium for the tests that drive the pages
	@sh requirements/browser.sh .venv/browser.log

# Real mail and name servers, each of Debian's, unpacked and not installed. They come while pip works.
peers: ## have the servers that the tests talk with
	@sh requirements/peers.sh .venv-peers

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

crash: .venv/.ready ## kill api and worker at every step 10,000 times, cut, fill and freeze; count every mail (an hour)
	@$(BIN)/python -m bench.crash
	@$(BIN)/python -m bench.crash --database postgresql
	@$(BIN)/python -m bench.faults
	@$(BIN)/python -m bench.faults --database postgresql

powerloss: .venv/.ready ## cut the power under load 1,000 times, count every mail (needs cc)
	@$(BIN)/python -m bench.powerloss

fuzz: .venv/.ready ## ask 100,000 generated requests, judge each answer
	@$(BIN)/python -m tests.fuzz

lock: ## pin the newest packages that fit (needs uv)
	@uv pip compile $(PIN) --extra dev --output-file requirements/dev.lock pyproject.toml
	@echo 'zohocrmsdk8_0==7.0.0' | uv pip compile $(PIN) --output-file requirements/zoho.lock -

clean: ## remove what the targets above made
	rm -rf .venv .venv-zoho .venv-peers build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
