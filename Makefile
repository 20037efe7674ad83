# What there is to do here: `make help`. The work itself is in scripts/, services/ and loadtests/.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
SHELL := /bin/sh

bin := .venv/bin

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Run
.PHONY: setup demo demo-reset kafka
setup: ## Install everything into this folder; takes no time when it is done
	@scripts/setup

demo: setup ## Start the demo on http://127.0.0.1:8000 (PORT=9000 to change; KAFKA=1 to run it over Kafka)
	@test -z "$(KAFKA)" || test -n "$$BEFFROI_KAFKA" || scripts/setup --kafka
	@exec $(bin)/beffroi demo $(if $(KAFKA),--kafka)

demo-reset: setup ## Start the demo over: its data are deleted
	@exec $(bin)/beffroi demo --reset

kafka: setup ## Run a broker for development on 127.0.0.1:9092 (KAFKA_PORT=9093 to change), until Ctrl-C
	@scripts/setup --kafka
	@exec $(bin)/beffroi kafka $(if $(KAFKA_PORT),--port $(KAFKA_PORT))

##@ Prove
.PHONY: test check lint types layers templates scripts audit
test: ## Run all the tests (TESTS="-k ledger" to choose)
	@scripts/setup --tests
	@$(bin)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal --quiet $(TESTS)

check: setup lint types layers templates scripts audit ## Check style, types, layers, templates, scripts and dependencies

lint: setup
	@$(bin)/ruff check --quiet --output-format=concise .
	@$(bin)/ruff format --check --quiet .

types: setup
	@$(bin)/mypy

layers: setup
	@$(bin)/lint-imports --no-logo --no-cache --config pyproject.toml

templates: setup
	@for kind in html jinja; do \
	  test -z "$$(find services -name "*.$$kind" -not -path '*/vendor/*')" || \
	  $(bin)/djlint services --lint --quiet --extension="$$kind" --extend-exclude=vendor || exit 1; done

scripts: setup
	@node_modules/.bin/eslint --no-warn-ignored --no-error-on-unmatched-pattern --max-warnings=0 .

audit: setup
	@$(bin)/python scripts/audit.py

##@ Measure
.PHONY: bench load
bench: setup ## Measure what the ledger, the views and the check of tariffs cost
	@$(bin)/python -m loadtests.benchmarks

load: setup ## Put a launch morning on it, then ask the ledger (KAFKA=1 KNEE=1 RATE=300 SECONDS=60 COMMUNES=140 MEMBERS=225)
	@test -z "$(KAFKA)" || scripts/setup --kafka
	@$(bin)/python -m loadtests.campaign --bars $(if $(KAFKA),--kafka) $(if $(KNEE),--knee) \
	  $(if $(RATE),--rate $(RATE)) $(if $(SECONDS),--seconds $(SECONDS)) \
	  $(if $(COMMUNES),--communes $(COMMUNES)) $(if $(MEMBERS),--members $(MEMBERS))

.PHONY: faults
faults: setup ## Kill and stop every part under load, check that nothing is lost (SEEDS=20 times each)
	@scripts/setup --kafka
	@$(bin)/python -m loadtests.faults $(if $(SEEDS),--seeds $(SEEDS))

##@ Look after
.PHONY: rebuild pictures lock format clean
rebuild: setup ## Fill a view again beside the one in use (VIEW=crm)
	@test -n "$(VIEW)" || { echo 'make rebuild VIEW=crm' >&2; exit 2; }
	@$(bin)/beffroi rebuild $(VIEW)

pictures: setup ## Take the pictures of the documentation from the demo that runs (PORT= as for the demo)
	@$(bin)/python scripts/pictures.py

format: setup ## Put the code in its usual form
	@$(bin)/ruff check --fix --quiet .
	@$(bin)/ruff format --quiet .

lock: setup ## Refresh the lock files to the newest versions allowed
	@scripts/lock

clean: ## Remove what was installed or built (the data in var/ stay)
	@rm -rf .venv node_modules services/web/static/vendor build dist *.egg-info
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
