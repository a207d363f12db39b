# Two commands matter: `go run . demo` needs only Go; `make test` does the rest.
# Everything it needs beyond Go is installed by it, and it says what and where.

GO ?= go
LINT_VERSION ?= v2.15.0
FUZZTIME ?= 20s

.PHONY: help test fast race sim fuzz lint bench tools

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

test: tools lint fast race sim ## everything: tools, lint, all tests, races, simulation, kill tests
	@echo "make test: everything passed"

tools: ## build the object stores that the tests run against (MinIO, versitygw), once
	$(GO) run ./storage/storagetest/tools

fast: ## the tests a developer runs all the time (under 3 minutes)
	$(GO) test -count=1 ./...

race: ## the same under the race detector
	$(GO) test -race -short ./...

sim: ## thousands of seeds of the simulation, 50 kills and long attacks of the real program
	RECUEIL_SIM_SEEDS=2000 $(GO) test -count=1 -timeout 30m -run TestSimulation ./core/action
	RECUEIL_KILLS=50 $(GO) test -count=1 -timeout 30m -run 'TestKill|TestErasure|TestBucketGone|TestDiskFull|TestHostile' ./core/app

fuzz: ## every fuzzer for FUZZTIME (20s)
	@for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg | grep ^Fuzz); do \
			echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done

lint: ## gofmt, go vet, golangci-lint
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || (echo "gofmt: run gofmt -w on these files" && false)
	$(GO) vet ./...
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION) run

bench: tools ## what we claim about speed, each with its baseline and ratio in the same run
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 60m ./core/app/bench
	$(GO) test -run '^$$' -bench BusyNodes -benchtime 1x -timeout 20m ./storage/commitlog
