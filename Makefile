# What the project does to itself, by name; the logic is in tools/, in Python.

PYTHON ?= python3
RUN := .venv/bin/python -m
# `make test T=tests/spec` runs a part.
T ?= tests

.DEFAULT_GOAL := help
.PHONY: help setup check test test-slow demo vectors bench docs lock audit clean

help: ## list these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv hold what the lock says (every target does this first)
	@$(PYTHON) tools/bootstrap.py

check: setup ## the static gates: types, lint, imports, tidiness, dead code, generated documents
	@$(RUN) tools.check

test: setup ## the fast tests, with the time each folder took
	@$(RUN) pytest -n 2 --dist loadgroup --folder-times $(T)

test-slow: setup ## the long tests and random campaigns
	@QC_HYPOTHESIS=slow $(RUN) pytest -n 2 --dist loadgroup --folder-times --timeout 3600 -m slow $(T)

demo: setup ## the main job, end to end: prove, break, judge a client, run a local chain
	@$(RUN) tools.demo

vectors: setup ## write the conformance vectors anew
	@$(RUN) quantumchain conformance generate

bench: setup ## measure what things cost, as ratios inside one run
	@$(RUN) benchmarks.ledger_growth

docs: setup ## write the generated documents anew
	@$(RUN) tools.gen_docs

lock: setup ## resolve the lock anew from pyproject.toml
	@$(RUN) tools.lock

audit: setup ## look the locked packages up in the database of known vulnerabilities
	@$(RUN) tools.audit

clean: ## remove what builds and runs leave behind, and the environment
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build out demo-out .qc
