# The few things that people do. `make` alone lists them.
SHELL     := /bin/bash
GO        ?= go
LINT      := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
SHARED    ?= ../shared
LINUX     ?=
FUZZTIME  ?= 10m

.DEFAULT_GOAL := help
.PHONY: help build test test-lab lint fmt-check generate-check race demo bench eval fuzz generate clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## the static binary ./gordian
	CGO_ENABLED=0 $(GO) build -trimpath -o gordian ./cmd/gordian

test: fmt-check build lint generate-check race ## everything that CI runs

# Cells that fail leave their console in .lab-logs.
test-lab: ## every kernel with every module of lab/modules (GORDIAN_LAB_KERNELS="stock lockdep")
	GORDIAN_LAB=1 GORDIAN_LAB_LOGS="$(CURDIR)/.lab-logs" $(GO) test -count=1 -timeout 6h -run 'TestMatrix|TestVerify|TestBuilds|TestHost' -v ./internal/lab/truth
	GORDIAN_LAB=1 $(GO) test -count=1 -timeout 30m -v ./internal/lab/vmtest

fmt-check:
	@out=$$(gofmt -l cmd internal); if [ -n "$$out" ]; then echo "not gofmt'ed:"; echo "$$out"; exit 1; fi

lint: ## go vet and golangci-lint (pinned)
	$(GO) vet ./...
	$(GO) run $(LINT) run ./...

# Compares before and after, so that it works with uncommitted changes too.
generate-check:
	@before=$$(find docs internal -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); \
	$(GO) generate ./... || exit 1; \
	after=$$(find docs internal -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); \
	if [ "$$before" != "$$after" ]; then echo "go generate changed files: commit them"; git status --short docs internal; exit 1; fi

# The race detector needs cgo; without a C compiler the tests run without it.
race:
	@if command -v "$$($(GO) env CC)" >/dev/null; then set -x; $(GO) test -race ./...; \
	else echo "no C compiler: tests run without the race detector"; set -x; $(GO) test ./...; fi

generate: ## documentation that is made from the code (docs/rules)
	$(GO) generate ./...

demo: build ## what is in examples/ explained, and demo.html written
	@logs=$$(find examples -maxdepth 1 -type f ! -name '*.md' | sort); \
	if [ -z "$$logs" ]; then echo "examples/ is empty"; exit 1; fi; \
	for f in $$logs; do echo; echo "\$$ gordian diagnose -q $$f"; ./gordian diagnose -q --fail-on never $$f || exit; done; \
	echo; echo "\$$ gordian check -q examples/source"; ./gordian check -q --fail-on never examples/source || exit; \
	first=$$(echo "$$logs" | grep -m1 mutex-abba-lockdep); \
	echo; echo "\$$ gordian diagnose $$first"; ./gordian diagnose --fail-on never $$first || exit; \
	./gordian diagnose --fail-on never -o demo.html $$logs || exit; \
	echo; echo "All of them on one page: demo.html"

bench: build ## speed and memory: logs beside GNU grep, source (LINUX=DIR) beside sparse and coccinelle, dumps (DUMP=FILE, VMLINUX=FILE) beside crash and drgn, tracing (QEMU) beside klockstat and perf
	bench/log.sh ./gordian $(SHARED)
	LINUX="$(LINUX)" $(GO) run ./bench/source ./gordian
	DUMP="$(DUMP)" VMLINUX="$(VMLINUX)" $(GO) run ./bench/core ./gordian
	CGO_ENABLED=0 $(GO) run ./bench/trace ./gordian

eval: build ## accuracy on the corpora in SHARED (source: and LINUX=DIR), when they are there
	@LINUX="$(LINUX)" bench/eval.sh ./gordian $(SHARED)

fuzz: ## every fuzz target for FUZZTIME
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "== $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 2s $$p || exit 1; \
	  done; done

clean: ## what the other targets made
	rm -rf gordian demo.html .bench .lab-logs
