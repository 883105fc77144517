# Two targets are all that a fresh machine needs: `make local` and `make test`. The others are shorter ways to type a command;
# they take the environment from ENVIRONMENT: `ENVIRONMENT=dev make deploy`.
.PHONY: help local build check plan deploy destroy destroy-stack destroy-backend list-envs test lint deny docs pictures test-rust test-emulator test-browser bench clean

COGAPI := cargo run --locked --package cogapi --
# What tests and benchmarks are built with: always the same, or cargo would build the SDK once more for other features.
BUILT := --workspace --all-features --locked
# Python packages of the emulator's own tests: its requirements and pytest, apart from what users install.
DEV := .cache/emulator-dev
BROWSER := deployer/tests/browser
CHROMIUM ?= /usr/bin/chromium

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

local: ## run everything on this machine, without an AWS account
	$(COGAPI) local

build: ## build the handlers for an environment
	$(COGAPI) build

check: ## look whether configuration and account are ready for a deploy
	$(COGAPI) check

plan: ## show what deploy would change
	$(COGAPI) plan

deploy: ## make an environment as its configuration says
	$(COGAPI) deploy

destroy: ## remove an environment: its stack, then its backend
	$(COGAPI) destroy

destroy-stack: ## remove an environment's stack
	$(COGAPI) destroy-stack

destroy-backend: ## remove the state bucket and the lock table
	$(COGAPI) destroy-backend

list-envs: ## list the environments
	@ls environments/*.toml | xargs -n 1 basename -s .toml

test: lint deny test-emulator test-rust test-browser ## everything that must hold

lint: ## formatting and lints
	cargo fmt --all --check
	cargo clippy $(BUILT) --all-targets -- -D warnings

deny: .cache/tools/bin/cargo-deny ## licences, sources and duplicates of all crates
	.cache/tools/bin/cargo-deny --locked check bans licenses sources

docs: ## write what is generated: docs/ and the README's table of endpoints
	COGAPI_WRITE_DOCS=1 cargo test $(BUILT) --lib docs::

pictures: ## write docs/pictures: the real program at a terminal, for the README
	cargo test $(BUILT) --no-run
	target/debug/cogapi local --install-only
	cargo test $(BUILT) --test e2e -- --ignored screens::pictures

# Most tests wait for the emulator, so more of them run at once than there are cores.
test-rust: ## the tests of the deployer and the handlers
	cargo test $(BUILT) --no-run
	target/debug/cogapi local --install-only
	RUST_TEST_THREADS=6 cargo test $(BUILT)

test-emulator: $(DEV)/installed ## the tests of the emulator's corrections
	cd emulator && ../$(DEV)/bin/ruff check . && ../$(DEV)/bin/python -m pytest -n 2

# Against a `cogapi local` of its own.
test-browser: $(CHROMIUM) $(BROWSER)/node_modules/.package-lock.json ## the pages in a real browser; pictures of every view in target/screenshots
	cargo test $(BUILT) --no-run
	CHROMIUM=$(CHROMIUM) npm --prefix $(BROWSER) test

bench: ## calls to AWS and their time; what the functions take to start and to answer; what the time of an answer tells
	cargo test $(BUILT) --no-run
	target/debug/cogapi local --install-only
	cargo bench $(BUILT) --bench calls --bench functions --bench enumeration --profile dev

clean: ## remove everything that can be made again
	cargo clean
	rm -rf .cache $(BROWSER)/node_modules

$(DEV)/installed: emulator/requirements.txt emulator/requirements-dev.txt
	rm -rf $(DEV)
	python3 -m venv $(DEV)
	$(DEV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement emulator/requirements.txt --requirement emulator/requirements-dev.txt
	touch $@

.cache/tools/bin/cargo-deny:
	cargo install cargo-deny --version 0.20.2 --locked --quiet --debug --root .cache/tools

# npm writes this file last. The tests of the pages are all that needs Node.
$(BROWSER)/node_modules/.package-lock.json: $(BROWSER)/package-lock.json
	@command -v npm > /dev/null || { echo "The browser tests need Node 20 or newer with npm: install it, and run this again."; exit 1; }
	npm ci --prefix $(BROWSER) --ignore-scripts --no-audit --no-fund

$(CHROMIUM):
	@if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		apt-get update --quiet && DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends chromium fonts-dejavu-core; \
	else \
		echo "The browser tests need Chromium: install your system's package, or say where it is with CHROMIUM=/path/to/chromium."; exit 1; \
	fi
