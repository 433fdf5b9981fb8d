# Two commands matter: `make run` and `make test`. Each does its own set-up.
.PHONY: run demo test test-all bench image boot setup setup-image lock lock-image clean
.DEFAULT_GOAL := run

SPOQ := .venv/bin/spoq
PYTHON_OF_VENV := .venv/bin/python
FIGURES ?= build/figures
TARGET ?= qemu-x86-64

setup:
	@tools/setup

run: setup
	@$(SPOQ) run

demo: setup
	@$(SPOQ) demo

test: setup
	$(PYTHON_OF_VENV) -m ruff check .
	$(PYTHON_OF_VENV) -m ruff format --check .
	$(PYTHON_OF_VENV) -m mypy
	.venv/bin/lint-imports
	$(PYTHON_OF_VENV) -m pytest -m "not matrix"

test-all: test
	$(PYTHON_OF_VENV) -m pytest -m matrix

bench: setup
	@mkdir -p $(FIGURES)
	@$(SPOQ) bench voice --json $(FIGURES)/voice.json

image: setup setup-image
	@$(PYTHON_OF_VENV) -m builder build $(TARGET)

boot: setup setup-image
	@$(PYTHON_OF_VENV) -m builder boot $(TARGET)

setup-image: setup
	@tools/setup-image $(TARGET)

# The newest packages of the distribution, for all targets that can be resolved here.
lock-image: setup
	@for target in qemu-x86-64 qemu-arm64; do $(PYTHON_OF_VENV) -m builder lock $$target || exit 1; done

# Needs uv. Writes no addresses of package indexes.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  pyproject.toml -c requirements-dev.lock -o requirements.lock

clean:
	rm -rf .venv .run build .mypy_cache .pytest_cache .ruff_cache
