# make demo   environment, then triples from a few sentences with the shipped model
# make test   environment, then format, lint, types, import contracts, tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# what computes is tested twice: with the CPU's own vector instructions, and with those that every CPU has
NUMERIC := "numeric and not slow and not gpu"

# one thread a product: small products on a busy core are much slower with several
export OMP_NUM_THREADS = 1

.PHONY: demo test test-slow test-package test-gpu docs screenshots guides format bench clean

demo: $(STAMP)
	$(BIN)/relknit demo

test: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --dist loadfile
	ATEN_CPU_CAPABILITY=default OMP_NUM_THREADS=2 $(BIN)/pytest -n auto --dist loadfile -m $(NUMERIC)

test-slow: $(STAMP)
	$(BIN)/pytest -m slow

# wheel and sdist built, installed and tried where the source tree is not
test-package:
	PYTHON=$(PYTHON) .ci/package

# GPU tests, GPU benchmarks and one training on RELKNIT_DATA (a folder with train, dev and test), as CSV in gpu_results/;
# where nothing can be installed: make test-gpu BIN=/folder/with/python/and/pytest
test-gpu: $(if $(wildcard $(BIN)/pytest),,$(STAMP))
	$(BIN)/pytest -m gpu
	$(BIN)/python benchmarks/gpu.py --out gpu_results

# the site, in build/docs/html; any warning is an error
docs: $(STAMP)
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --fresh-env -c docs -d build/docs/cache . build/docs/html
	@echo build/docs/html/docs/index.html

# what the code of the guides prints, written into them
guides: $(STAMP)
	$(BIN)/pytest tests/docs/test_guides.py --refresh

# the pictures in docs/images; needs Chromium
screenshots: $(STAMP)
	$(BIN)/python docs/screenshots.py

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	$(BIN)/python benchmarks/train_step.py --impl naive,chunked --json -

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "relknit needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
