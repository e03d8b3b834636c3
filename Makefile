# Everything that is done with this repository by hand or by a machine. `make` alone lists it.

CONFIG ?= config
OUT ?= out
CARGO ?= cargo
# What suppressions are compared with: racestack asks no clock.
TODAY ?= $(shell date +%F)

.DEFAULT_GOAL := help
PEERS := target/peers

.PHONY: help bench synth test test-all test-rust test-clients check lint bless deploy clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

synth: ## write the stacks of every account into out/
	$(CARGO) run --release --quiet --locked -- synth --config $(CONFIG) --out $(OUT) --today $(TODAY)

test: test-rust test-clients ## run all tests, installing what they need

test-all: ## run all tests at full length: hundreds of kills, 1000 new cases of each property
	RACESTACK_SLOW_TESTS=1 PROPTEST_CASES=1000 SEED=$$(date +%s) $(MAKE) test

# The seed of the property tests: the same cases each time, so that a change is to blame for what fails. `make test-all`
# draws new ones; make prints the command with its seed.
SEED ?= 20221130

test-rust:
	PROPTEST_RNG_SEED=$(SEED) $(CARGO) test --locked --quiet

# The real clients: the AWS CLI against a server on this machine, cfn-lint, shellcheck.
test-clients:
	$(CARGO) build --locked --quiet
	tests/python/run.sh -q

check: lint test ## what CI runs: lint, all tests, and whether out/ is what synth writes
	$(CARGO) run --quiet --locked -- synth --check --config $(CONFIG) --out $(OUT) --today $(TODAY)

lint: ## formatting and lints
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets --quiet -- -D warnings

bless: ## rewrite the expected texts of the tests to what they are now; review the diff
	BLESS=1 $(CARGO) test --locked --quiet

bench: $(PEERS)/bin/cfn-guard $(PEERS)/venv ## measure speed and memory against other tools, installing those
	$(CARGO) build --release --locked --quiet
	python3 benches/run.py

$(PEERS)/bin/cfn-guard:
	$(CARGO) install cfn-guard --version 3.2.1 --root $(PEERS) --locked --quiet

$(PEERS)/venv: benches/requirements.txt
	python3 -m venv $@
	$@/bin/pip install --quiet --requirement $<
	touch $@

deploy: ## deploy an account's stacks: make deploy ACCOUNT=tokyo
	@test -n "$(ACCOUNT)" || { echo 'say which account: make deploy ACCOUNT=NAME' >&2; exit 2; }
	$(OUT)/$(ACCOUNT)/deploy.sh

clean: ## remove what was built and installed
	$(CARGO) clean
	rm -rf .venv tests/node/node_modules tests/oracle/node_modules
