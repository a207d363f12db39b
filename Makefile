# Two commands matter: `go run . demo` needs only Go; `make test` does the rest.
# Everything it needs beyond Go is installed by it, and it says what and where.

GO ?= go
LINT_VERSION ?= v2.15.0
FUZZTIME ?= 20s
EVAL_DATA ?= ../shared/data

.PHONY: help test fast race sim fuzz lint bench eval eval-extract tools site-browser lighthouse console console-browser console-packages proto python

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

test: tools lint fast python console site-browser race sim ## everything: tools, lint, all tests, plugins in Python, console, website in a browser, races, simulation, kill tests
	@echo "make test: everything passed"

tools: ## build the object stores that the tests run against (MinIO, versitygw), once
	$(GO) run ./storage/storagetest/tools

fast: ## the tests a developer runs all the time (under 3 minutes)
	$(GO) test -count=1 ./...

python: ## the plugin in Python, as a real process; installs Debian's python3-grpcio, python3-protobuf and protoc
	bash .ci/install-python
	$(GO) test -count=1 -tags python -run Python ./plugins/scaffold ./plugins/contract

# SQLite is a C program translated into Go, with one owner at a time; watching
# each of its loads and stores takes most of the run. It has no generic code: of
# a package that has, the linker may take what others share (sync.Map), and what
# is synchronised there would look like a race.
UNWATCHED = -gcflags=modernc.org/sqlite/lib=-race=false

race: ## the same under the race detector, but for what starts programs of its own, into which it does not see
	$(GO) test -race $(UNWATCHED) -short -timeout 50m $$($(GO) list ./... | grep -v -E '/plugins/(contract|scaffold)$$')

sim: ## thousands of seeds of the simulation, 1 GiB bodies, 50 kills and long attacks of the real program
	RECUEIL_LARGE=1 $(GO) test -count=1 -timeout 30m -run TestContract ./storage/minio
	RECUEIL_SIM_SEEDS=2000 $(GO) test -count=1 -timeout 30m -run TestSimulation ./core/action
	RECUEIL_UPGRADES=30 $(GO) test -count=1 -timeout 30m -run TestUpgrades ./plugins/host
	RECUEIL_CONTRIBUTIONS=10000 $(GO) test -count=1 -timeout 30m -v -run TestOpenConsultation ./plugins/consultation
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

PDFS ?= pdf
eval-extract: ## text of the PDF files in PDFS against pdftotext (poppler-utils): agreement and speed of both
	RECUEIL_PDFS=$(abspath $(PDFS)) $(GO) test -run '^$$' -bench AgainstPdftotext -benchtime 1x -timeout 20m ./core/media/extract

proto: ## make the wire format of plugins anew (needs protoc)
	@bin=$$(mktemp -d) && trap 'rm -r $$bin' EXIT && \
	GOBIN=$$bin $(GO) install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12 && \
	GOBIN=$$bin $(GO) install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2 && \
	PATH=$$bin:$$PATH protoc -I plugins/pluginpb --go_out=plugins/pluginpb --go_opt=paths=source_relative \
		--go-grpc_out=plugins/pluginpb --go-grpc_opt=paths=source_relative plugins/pluginpb/plugin.proto
	protoc -I plugins/pluginpb --python_out=plugins/scaffold/templates/python plugins/pluginpb/plugin.proto

bench: tools ## what we claim about speed, each with its baseline and ratio in the same run (RECUEIL_BENCH_ENTRIES cuts the largest site)
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 60m ./core/app/bench
	$(GO) test -run '^$$' -bench BusyNodes -benchtime 1x -timeout 20m ./storage/commitlog
	$(GO) test -run '^$$' -bench Search -benchtime 1x -timeout 30m -v ./search

site-browser: ## the website in a real browser, with axe, an HTML validator and budgets; pictures in bench/site
	bash .ci/install-chromium
	npm --prefix core/site/browser ci --no-audit --no-fund
	npm --prefix core/site/browser test

lighthouse: ## Lighthouse and the weight of each kind of page of the website; the table goes to bench/site/lighthouse.md
	bash .ci/install-chromium
	npm --prefix core/site/lighthouse ci --no-audit --no-fund
	npm --prefix core/site/lighthouse start

console-packages:
	@test -d admin/node_modules || { echo "installing the packages of admin/package-lock.json into admin/node_modules"; npm --prefix admin ci --no-audit --no-fund; }

console: console-packages ## the console: types, unit tests, and that admin/dist is what its source builds to
	npm --prefix admin run check
	npm --prefix admin test
	npm --prefix admin run build -- --outDir "$(CURDIR)/bench/console-dist" --emptyOutDir
	diff -r admin/dist bench/console-dist

console-browser: console-packages ## the console in a real browser, against the real program, in both directions, with axe; pictures in admin/e2e/shots
	bash .ci/install-chromium
	npm --prefix admin run browser

eval: ## how well the search answers judged queries, next to other engines (half an hour; EVAL_DATA=folder)
	./search/eval/install.sh
	$(GO) run ./search/eval -data $(EVAL_DATA)
