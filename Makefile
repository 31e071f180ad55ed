# Every target sets up what it needs in .venv, once, and again when its sources have changed.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
BIN := .venv/bin
KERNELS := $(wildcard src/_core/*.pyx src/_core/*.pxd src/_core/*.h)

.DEFAULT_GOAL := help
.PHONY: help environment demo test sanitize coverage lint format types words docs wheel instructions bench values clean

help:  ## Tell what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.report  ## Plan the sample fleet into a new run under demo/runs
	@mkdir -p demo/runs
	@test -e demo/workspace || $(BIN)/disposal init demo/workspace
	@last=$$(ls demo/runs | grep -E '^[0-9]+$$' | sort -n | tail -n 1); \
	run=demo/runs/$$(printf '%04d' $$(expr "$${last:-0}" + 1)); \
	$(BIN)/disposal plan demo/workspace --out "$$run"

environment: .venv/.report .venv/.excel .venv/.postgres .venv/.cluster .venv/.docs .venv/.test .venv/.lint  ## Install what tests, style and types need

test: .venv/.report .venv/.excel .venv/.postgres .venv/.cluster .venv/.docs .venv/.test  ## Run the tests (ARGS="-k name" picks some)
	@# two workers with threads of their own share the cores: who waits must not spin meanwhile
	OMP_WAIT_POLICY=passive \
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

KERNELS_TESTS := arrow auction_kernels chains choice_kernels outcomes parity paths prints rng sobol students tail values vmath
PLAIN := rng students vmath
sanitize: .venv/.test  ## Run tests of the kernels with bounds, addresses and undefined behaviour checked
	find build/sanitize -name '*.gcda' -delete 2> /dev/null || true
	RESIDUAL_AUCTION_CHECK=sanitize RESIDUAL_AUCTION_DEBUG=1 $(BIN)/python setup.py -q build \
	    --build-base build/sanitize --build-lib build/sanitize/lib
	@# the interpreter itself leaks on purpose, so leaks are counted by test_interrupts instead
	PYTHONPATH=build/sanitize/lib ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	$(BIN)/python -c 'import sys, _core, pytest; told = _core.build_info(); \
	    assert told["debug"] and "-fsanitize" in told["flags"], told; \
	    sys.exit(pytest.main(sys.argv[1:]))' \
	    -q $(KERNELS_TESTS:%=tests/core/test_%.py) $(if $(SPARE),-k "not ($(SPARE))") $(ARGS)

coverage: sanitize  ## Tell which lines of the kernels these tests run; fail below 95 %
	find build/coverage -name '*.gcda' -delete 2> /dev/null || true
	RESIDUAL_AUCTION_CHECK=coverage $(BIN)/python setup.py -q build \
	    --build-base build/coverage --build-lib build/coverage/lib
	PYTHONPATH=build/coverage/lib $(BIN)/python -c 'import sys, _core, pytest; \
	    told = _core.build_info(); assert "--coverage" in told["flags"], told; \
	    sys.exit(pytest.main(sys.argv[1:]))' -q $(PLAIN:%=tests/core/test_%.py)
	$(BIN)/python tests/core/line_coverage.py build/sanitize build/coverage

docs: .venv/.docs  ## Build the documentation into build/docs
	$(BIN)/python -m sphinx -E -q -W --keep-going -b html docs build/docs
	@echo "open build/docs/index.html"

lint: .venv/.lint  ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH="$(CURDIR)/$(BIN):$$PATH" cython-lint $(wildcard src/_core/*.pyx src/_core/*.pxd)

format: .venv/.lint  ## Put the sources into the format that lint asks for
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

types: .venv/.report .venv/.excel .venv/.postgres .venv/.cluster .venv/.lint  ## Check types
	$(BIN)/mypy

words: .venv/.report  ## Bring the catalogues of the report up to date with its sources
	$(BIN)/python -m auction.report.extraction

wheel: .venv/.test  ## Build the source distribution and the wheel into dist
	$(BIN)/python -m build --outdir dist .

instructions: .venv/.built  ## Count the kernels' instructions by valgrind (ARGS=--write: anew)
	$(BIN)/python -m benchmarks.instructions $(ARGS)

bench: .venv/.test .venv/.bench  ## Time the kernels against their peers
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-group-by=group $(ARGS)

values: .venv/.bench  ## Hold values against LightGBM and CatBoost, for hours (ARGS="--trials 6")
	$(BIN)/python -m benchmarks.values $(ARGS)

clean:  ## Remove what was built, and .venv
	rm -rf .venv build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf .benchmarks .coverage htmlcov
	rm -f src/_core/*.so src/_core/_cyutility.c $(patsubst %.pyx,%.c,$(wildcard src/_core/*.pyx))
	rm -f $(patsubst %.pyx,%.cpp,$(wildcard src/_core/*.pyx))
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python" >&2; \
	    exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.built: .venv/.python pyproject.toml setup.py $(KERNELS)
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# The extras by themselves, so that none of them compiles the kernels again.
.venv/.report .venv/.excel .venv/.postgres .venv/.cluster .venv/.docs .venv/.test .venv/.lint .venv/.bench: .venv/.%: .venv/.built
	$(BIN)/python -c 'import sys, tomllib; \
	    extras = tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]; \
	    print(*extras[sys.argv[1]], sep="\n")' $* > .venv/$*.txt
	$(BIN)/python -m pip install --quiet --requirement .venv/$*.txt
	@touch $@
