"""spbench: does block-sparse int8 inference pay off on this CPU, for this model?

Imports point one way, downwards:

    cli            parses and prints; no arithmetic
    report         rows in, tables, figures and a page out
    sweeps         axes -> cases, their order, resuming, where they run
    gemm           what is measured: one GEMM case, its numbers, its reference
    models         what is measured: one whole model, in a runtime or op by op
    quality        what is measured: what a model is still worth, on real text
    backends       one file for each library that can run a GEMM case
    measure        clock, protocol, workers, statistics, machine facts
    store          append-only rows
    engine         a model as a plan of kernel calls: token ids in, NumPy out
    pruning        scores -> masks -> recipes; recovery
    quantization   floating point -> s8; scales of activations
    kernels        Python face of the compiled kernels, and their NumPy reference
    texts          real English text from packages, in sides that cannot overlap
    formats        BlockShape, BlockSparseMatrix, checkpoints, encoders by family

How `spbench run-gemm sweep` travels through them:

    cli.run_gemm -> sweeps.config -> sweeps.cases -> sweeps.run
                                                        |  one case at a time
                                  sweeps.case_runner  <-+-> store.run_folder (rows.jsonl)
                                     |  numbers in files, questions over pipes
                  measure.protocol <-+-> one worker process for each backend:
                                           gemm.bench -> backends.* -> the library
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """``spbench.__version__`` and ``spbench.Engine``, looked up when asked for: both cost time."""
    if name == "Engine":
        from spbench.engine import Engine

        return Engine
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("spbench")
        except PackageNotFoundError:
            return "unknown"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
