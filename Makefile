# Two commands matter: `make run` and `make test`. Each does its own set-up.
.PHONY: run demo checks test test-all bench image boot setup setup-image setup-browser lock lock-image clean
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

checks: setup
	$(PYTHON_OF_VENV) -m ruff check .
	$(PYTHON_OF_VENV) -m ruff format --check .
	$(PYTHON_OF_VENV) -m mypy
	.venv/bin/lint-imports

test: checks setup-image setup-browser
	$(PYTHON_OF_VENV) -m pytest -m "not matrix" --durations=20 --durations-min=10

# Interrupted and started again, it goes on with what has not passed at this commit.
test-all: checks setup-image setup-browser
	$(PYTHON_OF_VENV) -m pytest -p tests.resuming

bench: setup setup-image
	@mkdir -p $(FIGURES)
	@$(SPOQ) bench voice --json $(FIGURES)/voice.json
	@$(SPOQ) bench image --json $(FIGURES)/image.json
	@$(SPOQ) bench pairing --json $(FIGURES)/pairing.json
	@$(SPOQ) bench update --json $(FIGURES)/update.json

# RELEASE=1 KEYS=folder: not for developers, signed with the keys there.
image: setup setup-image
	@$(PYTHON_OF_VENV) -B -m builder build $(TARGET) $(if $(RELEASE),--release) $(if $(KEYS),--keys $(KEYS))

# ANEW=1: as a new machine.
boot: setup setup-image
	@$(PYTHON_OF_VENV) -m builder boot $(TARGET) $(if $(ANEW),--anew)

setup-image: setup
	@tools/setup-image $(TARGET)

setup-browser: setup
	@tools/setup-browser

# The newest packages of the distribution: for TARGET where one is given, and else for the virtual machines.
lock-image: setup
	@for target in $(if $(filter file,$(origin TARGET)),qemu-x86-64 qemu-arm64,$(TARGET)); do $(PYTHON_OF_VENV) -m builder lock $$target || exit 1; done

# Needs uv. Writes no addresses of package indexes.
lock: setup
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --extra dev --extra factory --extra bluetooth pyproject.toml -o requirements-dev.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  pyproject.toml -c requirements-dev.lock -o requirements.lock
	$(PYTHON_OF_VENV) -m builder wheels jetson-orin-nano

# The keys stay: boxes that were flashed with them trust no others.
clean:
	rm -rf .venv .run web/pair/node_modules .mypy_cache .pytest_cache .ruff_cache
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name keys -exec rm -rf {} +
