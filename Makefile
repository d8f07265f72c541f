# make help lists the targets. make demo and make test work in a clean clone with Go 1.26 and a C compiler.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
GO ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -X plimsoll/internal/app.Version=$(VERSION)
T ?= 60s
ROUNDS ?= 200
# One set of build flags for all targets: other flags would compile everything twice.
export GOFLAGS := -trimpath

.PHONY: faults apifuzz test-engines help build test check race vuln golden fuzz nightly kill bench demo quality release screenshots setup clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

build: ## bin/plimsoll
	@mkdir -p bin
	$(GO) build -ldflags '$(LDFLAGS)' -o bin/plimsoll ./cmd/plimsoll

demo: build ## review the bundled example world; ends by naming the report
	@bin/plimsoll demo --out out/demo

setup: ## install what the tests need and this machine lacks (a browser; needs root or sudo on Debian)
	@bash .ci/setup

test: setup ## all tests, offline, with the quality table
	$(GO) test -shuffle=on -timeout 20m -skip '^TestQuality$$' ./...
	@$(GO) test -count=1 -run '^TestQuality$$' -v ./internal/review | grep -v '^=== '

test-engines: ## the statement of usage sql on Trino, Spark and ClickHouse, as far as they can be had
	.ci/engines

check: ## formatting, vet, static analysis, tidy module file
	@test -z "$$(gofmt -l cmd internal)" || { gofmt -l cmd internal; echo 'not formatted'; exit 1; }
	$(GO) vet ./...
	$(GO) mod tidy -diff
	$(GO) tool staticcheck ./...

race: ## the tests under the race detector, but for those that measure and those that walk over whole worlds
	$(GO) test -race -timeout 60m -skip '^TestQuality|^TestLessNeverClears$$' ./...

vuln: ## known faults in what the program is built from, where their database can be reached
	@bash .ci/vuln

screenshots: ## the three pictures of the report in docs/img, from the fictional world, to be looked at
	@mkdir -p docs/img
	PLIMSOLL_IMAGES=$(CURDIR)/docs/img $(GO) test -count=1 -run '^TestScreenshots$$' ./internal/report

golden: ## rewrite golden files
	UPDATE=1 $(GO) test ./...

quality: ## matcher quality table, and the share of checks that are not computable
	$(GO) test -count=1 -run 'TestQuality' -v ./internal/match/...
	$(GO) test -count=1 -run 'TestQualityServices' -v ./internal/capability/
	PLIMSOLL_QUALITY=1 $(GO) test -count=1 -timeout 60m -run 'TestQualityUnknown' -v ./internal/review/
	PLIMSOLL_QUALITY=1 $(GO) test -count=1 -timeout 120m -run '^TestLessNeverClears$$' ./internal/review

fuzz: ## every fuzz target for T (60s)
	@for p in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$p | grep ^Fuzz); do echo "$$p $$f"; $(GO) test -run='^$$' -fuzz="^$$f$$" -fuzztime=$(T) $$p || exit 1; done; done

nightly: ## what takes an hour or more: every fuzz target for 60 s each, the race detector, servers that are killed 200 times
	$(MAKE) fuzz T=60s
	$(MAKE) race
	$(MAKE) kill
	$(MAKE) faults
	$(MAKE) apifuzz

faults: ## calls to the disk fail one after the other, in many places (needs strace)
	PLIMSOLL_FAULTS=all $(GO) test -count=1 -timeout 60m -run '^(TestFaultAtEveryCall|TestServeOnBrokenDisk)$$' -v ./internal/app

apifuzz: build ## schemathesis against /openapi.json of a server: no 5xx, no answer that is not declared (needs Python 3)
	bash .ci/apifuzz

kill: ## a server is killed ROUNDS times (200) while people write to it, on both databases; also ledger, notices and store
	PLIMSOLL_KILL_ROUNDS=$(ROUNDS) $(GO) test -count=1 -timeout 120m -run '^TestServeKilled$$' -v ./internal/app
	PLIMSOLL_KILL_ROUNDS=$(ROUNDS) $(GO) test -count=1 -timeout 60m -run '^TestKill' ./internal/ledger ./internal/notice ./internal/store

release: ## dist/: the binary built twice and compared, man pages, completions, deb, rpm, image, SBOM, checksums, signature
	bash .ci/release

bench: ## benchmarks with their references
	$(GO) test -run='^$$' -bench=. -benchmem ./...
	cd bench/access && $(GO) test -run='^$$' -bench=. ./...
	@echo 'peers of the matcher: cd bench/peers && $(GO) run .'

clean: ## remove what was built
	rm -rf bin out
