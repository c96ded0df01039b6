# make demo      everything that is needed, a demo project, and all processes; Ctrl-C stops them, a second call goes on
# make demo MANIFEST=path.csv WHERE=set=shenzhen_tb_lung        the same on films of one's own
# make test      all checks and tests; on PostgreSQL and Redis too where they answer
# make faults    kills and cuts the real thing: minutes, on servers of its own
# make lint types bench scale clean install

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := $(if $(MANIFEST),--manifest "$(MANIFEST)") $(if $(WHERE),--where "$(WHERE)") $(ARGS)
SOURCES := annotation mlbackend manage.py
RUNTIME := requirements.txt requirements-base.txt requirements-web.txt requirements-gpu.txt

PAGES := frontend/dist/.built
PAGES_SOURCES := $(shell find frontend/src -type f 2>/dev/null) $(wildcard frontend/*.ts frontend/*.js frontend/*.json)

# Compiled once, libraries start in half the time, and every process of the tests and the demo starts with them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install install-dev demo run test checks lint types pages-test schema settings bench scale crowd faults audit fuzz machines clean
.DEFAULT_GOAL := install

install: $(VENV)/.installed $(PAGES)

install-dev: $(VENV)/.installed-dev $(PAGES)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; make PYTHON=path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

# uv is quicker by far; pip does the same where uv cannot be had, and a second try helps where a download broke off.
define install_from
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || echo "uv cannot be had; going on with pip"
	@for attempt in 1 2 3; do \
	  if $(BIN)/python -m uv --version >/dev/null 2>&1 && [ $$attempt -lt 3 ]; then \
	    $(BIN)/python -m uv pip install --quiet --python $(BIN)/python -r $(1) && exit 0; \
	  else \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(1) && exit 0; \
	  fi; \
	  echo "installation from $(1) broke off (attempt $$attempt of 3)"; \
	done; exit 1
	@touch $@
endef

$(VENV)/.installed: $(RUNTIME) | $(BIN)/python
	$(call install_from,requirements.txt)

$(VENV)/.installed-dev: $(RUNTIME) requirements-dev.txt | $(BIN)/python
	$(call install_from,requirements-dev.txt)

frontend/node_modules/.installed: frontend/package-lock.json
	@cd frontend && { npm ci --silent || npm ci --silent; }
	@touch $@

# Built once, then served by Django: no Node at run time. Compressed here, so that the server need not.
$(PAGES): $(PAGES_SOURCES) frontend/node_modules/.installed | $(VENV)/.installed
	@cd frontend && npx vite build --logLevel warn
	@$(BIN)/python -m whitenoise.compress --quiet frontend/dist
	@touch $@

demo: install
	@$(BIN)/python manage.py demo $(DEMO)

run: install
	@$(BIN)/python manage.py run $(ARGS)

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(SOURCES)
	DJANGO_SETTINGS_MODULE=annotation.config.settings.test $(BIN)/python manage.py makemigrations --check --dry-run
	cd frontend && npm run --silent lint
	$(MAKE) --silent schema CHECK=--check
	$(MAKE) --silent settings CHECK=--check
	$(BIN)/hadolint docker/*.Dockerfile

types: install-dev
	$(BIN)/mypy $(SOURCES)
	cd frontend && npm run --silent check

# The front end's types of the API, written from its own schema; CHECK=--check fails where they differ.
schema: install-dev
	@mkdir -p build
	@DJANGO_SETTINGS_MODULE=annotation.config.settings.test $(BIN)/python manage.py spectacular --format openapi-json --file build/openapi.json
	@cd frontend && npx openapi-typescript ../build/openapi.json -o src/api/schema.d.ts $(CHECK) >/dev/null || { echo "src/api/schema.d.ts is not that of the API; make schema" >&2; exit 1; }

# The page of settings, written from their declarations.
settings: install-dev
	@$(BIN)/python -m mlbackend.environment docs/settings.md $(CHECK)

pages-test: install-dev
	@cd frontend && npm run --silent test

checks: lint types pages-test

# Two at a time, each one's output in one piece where make can do that; the first failure ends it.
test: install-dev
	@$(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) checks
	@PATH="$(CURDIR)/$(BIN):$$PATH" tests/run.sh $(ARGS)

bench: install-dev
	@$(BIN)/python -m benchmarks $(ARGS)

# Fifty reviewers over HTTP for ten minutes on PostgreSQL and Redis; their journals are then compared with the database.
crowd: install-dev
	@$(BIN)/python -m benchmarks.crowd $(ARGS)

# Workers, servers, disk and clock fail for real; needs PostgreSQL's and Redis' programs, and root for disk and clock.
faults: install-dev
	@$(BIN)/python -m tests.support.faketime --install || true
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -p no:randomly tests/faults $(ARGS)

# The paper's 33,920 films beside 1,000, built once (an hour and 12 GB) and measured; ARGS=--remove drops all of it.
scale: install-dev
	@$(BIN)/python -m benchmarks.scale $(ARGS)

# Known faults of what we depend on, by the advisory databases of PyPI and npm: it needs the network, so CI does not.
audit: install-dev
	@PATH="$(CURDIR)/$(BIN):$$PATH" tests/audit.sh

# The tests that make their inputs up, with FUZZ times as many as in CI: minutes, or a night.
fuzz: install-dev
	FUZZ=$(or $(FUZZ),50) $(BIN)/python -m pytest -q -n 2 tests/annotation/access -k fuzzed $(ARGS)

# The review life in any order of anybody's moves, FUZZ times as many as in CI, on both databases.
machines: install-dev
	FUZZ=$(or $(FUZZ),20) $(BIN)/python -m pytest -q -n 2 tests/annotation/machines $(ARGS)
	servers="$$($(BIN)/python -m tests.support.servers)" && eval "$$servers" && \
	  FUZZ=$(or $(FUZZ),20) $(BIN)/python -m pytest -q -n 2 tests/annotation/machines $(ARGS)

clean:
	rm -rf $(VENV) frontend/node_modules frontend/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build
	find annotation mlbackend tests -name __pycache__ -type d -prune -exec rm -rf {} +
