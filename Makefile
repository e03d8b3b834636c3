# Everything that is done with this repository by hand or by a machine. `make` alone lists it.

CONFIG ?= config
OUT ?= out
CARGO ?= cargo
# How `make synth` builds: with `quick` in less than half the time of `release`, which then runs some nine times faster: for thousands of people.
PROFILE ?= quick
# What suppressions are compared with: racestack asks no clock.
TODAY ?= $(shell date +%F)

.DEFAULT_GOAL := help
PEERS := target/peers
# Programs that only some targets need.
TOOLS := target/tools
# What the tests print is kept here, for their counts.
RESULTS := target/test-results
# A test that fails fails its command, though what it prints goes through another.
SHELL := bash
.SHELLFLAGS := -o pipefail -c

# Builds the suite of tests in Rust and the program beside it: `cargo build` would build half of its packages once more, as what
# tests depend on gives these other features. The tests spend their time in the library, and are not optimised themselves.
BUILD := mkdir -p $(RESULTS) && $(CARGO) rustc --locked --quiet --test suite --message-format=json-render-diagnostics -- \
  -C opt-level=0 >$(RESULTS)/suite.json
SUITE = $$(sed -n 's|.*"executable":"\([^"]*/suite-[^"]*\)".*|\1|p' $(RESULTS)/suite.json)

.PHONY: help bench synth test test-all test-rust test-suite test-units test-clients clients test-aws-cli-2 test-other-tools guard-registry check check-out lint bless picture book licences advisories deploy \
  deploy-all clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

synth: ## write the stacks of every account into out/
	$(CARGO) run --profile $(PROFILE) --locked -- synth --config $(CONFIG) --out $(OUT) --today $(TODAY)

test: test-rust test-clients ## run all tests, installing what they need

test-all: ## run all tests at full length: hundreds of kills, 1000 new cases of each property
	RACESTACK_SLOW_TESTS=1 PROPTEST_CASES=1000 SEED=$$(date +%s) $(MAKE) test

# The seed of the property tests: the same cases each time, so that a change is to blame for what fails. `make test-all`
# draws new ones; make prints the command with its seed.
SEED ?= 20221130

test-rust: test-suite test-units

test-suite:
	$(BUILD)
	PROPTEST_RNG_SEED=$(SEED) $(SUITE) --quiet 2>&1 | tee $(RESULTS)/suite.log

# They are another build of the library, which takes longer to optimise than to test.
test-units:
	@mkdir -p $(RESULTS)
	PROPTEST_RNG_SEED=$(SEED) $(CARGO) test --locked --quiet --no-fail-fast --lib --config 'profile.dev.package.racestack.opt-level=0' \
	  2>&1 | tee $(RESULTS)/units.log

# All that the tests install. Each is installed by the test that needs it first, too; `make check` has it done beside the build.
clients:
	tests/python/install.sh
	tests/oracle/install.sh
	tests/python/sdk/install.sh 2
	tests/python/sdk/install.sh 3

# The real clients: the AWS CLI against a server on this machine, cfn-lint, shellcheck.
test-clients:
	$(BUILD)
	tests/python/run.sh -q 2>&1 | tee $(RESULTS)/python.log

# Each file with a test that the AWS CLI takes part in: the stub of `test_deploy_states.py` and its neighbours has no version.
CLIENTS := aws_program deploy deploy_kills deploy_locale deploy_twice leaving stack_set adopt audit racer_cli
test-aws-cli-2: ## test the scripts with version 2 of the AWS CLI, from Debian's packages; not what a stub of it tests
	$(CARGO) build --locked --quiet
	aws=$$(tests/python/aws-cli-2.sh) && AWS_CLI=$$aws tests/python/run.sh -q $(CLIENTS:%=tests/python/test_%.py)

test-other-tools: ## test deploy.sh with the awk of macOS and the tools of BusyBox, from Debian's packages
	$(CARGO) build --locked --quiet
	tools=$$(tests/python/other-tools.sh) && DEPLOY_TOOLS=$$tools tests/python/run.sh -q \
	  tests/python/test_deploy_states.py tests/python/test_deploy_machine.py tests/python/test_deploy_all.py

guard-registry: ## compare verdicts on the AWS Guard Rules Registry with the command's: make guard-registry REGISTRY=DIR
	@test -n "$(REGISTRY)" || { echo 'say where a clone of the registry is: make guard-registry REGISTRY=DIR' >&2; exit 2; }
	REGISTRY=$(abspath $(REGISTRY)) $(CARGO) test --locked --test guard_registry -- --nocapture

# What fails keeps nothing else from being told, and the counts come last. An installation that fails is told of, and is tried
# again by the tests, which then fail. Downloads wait for the network: the compiler does not.
check: ## what CI runs: lint, all tests, and whether out/ is what synth writes; their counts at the end
	@rm -rf $(RESULTS)
	@mkdir -p $(RESULTS)
	@$(MAKE) --no-print-directory clients </dev/null >$(RESULTS)/clients.log 2>&1 & clients=$$!; \
	  $(MAKE) --no-print-directory --keep-going lint test-rust; status=$$?; \
	  wait $$clients || cat $(RESULTS)/clients.log; \
	  $(MAKE) --no-print-directory --keep-going test-clients check-out || status=$$?; \
	  [ $$status = 0 ] || echo 'make check has failed: *** above tells where'; \
	  .ci/counts $(RESULTS) && exit $$status

check-out:
	$(BUILD)
	$${CARGO_TARGET_DIR:-target}/debug/racestack synth --check --config $(CONFIG) --out $(OUT) --today $(TODAY)

lint: ## formatting and lints
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets --quiet -- -D warnings

# One test at a time: some read what others write.
bless: ## rewrite the expected texts of the tests to what they are now; review the diff
	BLESS=1 $(CARGO) test --locked --quiet --test suite -- --test-threads=1

picture: ## draw docs/picture.svg, the picture of the README, from what racestack prints
	$(CARGO) build --locked
	python3 docs/picture.py target/debug/racestack >docs/picture.svg.new
	mv docs/picture.svg.new docs/picture.svg

# The book has the repository's folders, so that a link leads where it leads on GitHub.
BOOK := target/book
PAGES := README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md THIRD-PARTY.md
book: $(TOOLS)/bin/mdbook ## build docs/ as a book, in target/book/html
	rm -rf $(BOOK)
	mkdir -p $(BOOK)/src
	cp -R docs LICENSE README.ja.md README.ko.md $(PAGES) $(BOOK)/src
	cp docs/book.toml $(BOOK)
	sed -E 's#\]\(#](docs/#; s#\]\(docs/\.\./#](#' docs/SUMMARY.md >$(BOOK)/src/SUMMARY.md
	$(TOOLS)/bin/mdbook build $(BOOK)

licences: ## collect the licences of all packages of a binary in THIRD-PARTY.md
	python3 third_party/licences.py >THIRD-PARTY.md.new
	mv THIRD-PARTY.md.new THIRD-PARTY.md

advisories: $(TOOLS)/bin/cargo-deny ## compare the packages with the advisories of RustSec, and with what deny.toml allows
	$(TOOLS)/bin/cargo-deny --locked check

$(TOOLS)/bin/mdbook:
	$(CARGO) install mdbook --version 0.5.4 --no-default-features --root $(TOOLS) --locked

$(TOOLS)/bin/cargo-deny:
	$(CARGO) install cargo-deny --version 0.20.2 --root $(TOOLS) --locked

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

deploy-all: ## deploy all accounts at once, each with the AWS profile of its name: make deploy-all OPTIONS=--dry-run
	OUT=$(OUT) bash templates/init/deploy-all.sh $(OPTIONS)

clean: ## remove what was built and installed
	$(CARGO) clean
	rm -rf .venv .venv-sagemaker-* tests/node/node_modules tests/nag/node_modules tests/oracle/node_modules
