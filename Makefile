# make audit   set up .venv, compare the papers' optimizers on small nets (report/experiments), audit the papers in proofs/
#              and their statements about these runs, write report/index.html (+ report.json, report.md, certificates/)
# make doctor  the same set-up, then the audit of statements of known truth (proofs/classics) and of mutants of them
# make test    the same set-up, then the whole test suite
# make lint    ruff and mypy

# BUDGET=full   longer searches, and the larger comparison (hours on a CPU)

PYTHON ?= python3
BUDGET ?= quick
SCALE = $(if $(filter full,$(BUDGET)),small,audit)
VENV ?= .venv
BIN = $(VENV)/bin
SOURCES = $(shell find convergence -type f -not -name '*.pyc')

.PHONY: audit doctor test lint clean

audit: $(VENV)/installed
	$(BIN)/python -m experiments.comparison --scale $(SCALE) --no-pictures --out report/experiments/$(SCALE)
	@$(BIN)/convergence audit proofs/amgt proofs/amvt report/experiments/$(SCALE) --budget $(BUDGET) --out report; status=$$?; \
	if [ $$status -eq 2 ]; then exit 2; fi; \
	echo "exit status of the audit: $$status (1: something is against a claim, 3: something is undecided)"

doctor: $(VENV)/installed
	$(BIN)/convergence doctor --resume report/doctor

test: $(VENV)/installed
	$(BIN)/pytest --numprocesses 2

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/dependencies: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt '.[test]'
	@touch $@

# The tests run against the installed package; it is built afresh whenever a source changes.
$(VENV)/installed: $(VENV)/dependencies $(SOURCES)
	@rm -rf build
	$(BIN)/pip install --quiet --no-deps --force-reinstall .
	@rm -rf build
	@touch $@

clean:
	rm -rf $(VENV) build report *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
