# Two targets are all that a fresh machine needs: `make local` and `make test`.
.PHONY: test lint help

help: ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

test: lint ## everything that must hold
	cargo test --workspace --all-features --locked

lint: ## formatting and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
