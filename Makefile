# What one types.  Each verb sets up what it needs first (tools/setup), which costs nothing when nothing has changed.
.DEFAULT_GOAL := run
.PHONY: run test check sim soak chaos vectors bench
MAKEFLAGS += --no-print-directory
SETUP := @tools/setup/setup
PYTHON := .venv/bin/python
ONLY ?= core fanout edit open idle rooms home history browser offline cluster

run:      ## Octavo on http://127.0.0.1:8000 (make run ARGS="--port 8001")
	$(SETUP) run
	@exec .venv/bin/octavo serve $(ARGS)

test:     ## every test, two parts at a time; PARTS="units browser" for some of them
	$(SETUP) test
	@exec $(PYTHON) tools/run_tests.py $(PARTS)

check:    ## format, lint, types, imports
	$(SETUP) dev
	@exec tools/check

sim:      ## the simulation on more seeds (make sim SEEDS=20000; SEEDS=1 SEED=17 looks at one)
	$(SETUP) dev
	@exec $(PYTHON) -m tests.simulation --seeds $(or $(SEEDS),2000) --seed $(or $(SEED),0)

soak:     ## the simulation, the laws of the algebra, every route by its schema, and twenty minutes of three random writers, for a night
	$(SETUP) dev
	$(PYTHON) -m tests.simulation --seeds $(or $(SEEDS),20000) --seed $(or $(SEED),0)
	HYPOTHESIS_PROFILE=soak $(PYTHON) -m pytest tests/delta
	OCTAVO_EXAMPLES=400 $(PYTHON) -m pytest tests/web/test_openapi.py
	cd browser && OCTAVO_SOAK=1 npm run --silent test:browser -- random

chaos:    ## kill -9 under load, the real server; three nodes with everything breaking (make chaos ROUNDS=40 FAULTS=30)
	$(SETUP) test
	@ROUNDS=$(or $(ROUNDS),40) FAULTS=$(or $(FAULTS),30) exec $(PYTHON) -m pytest tests/chaos

vectors:  ## make vectors/ anew with npm quill-delta
	$(SETUP) dev
	@exec $(PYTHON) -m tools.vectors

bench:    ## the figures, with the machine and the commit (make bench ONLY=core)
	$(SETUP) test
	@for figure in $(ONLY); do $(PYTHON) -m bench.$$figure || exit; done
