"""The command line: parses, calls, prints. It computes nothing.

    main -> LazyGroup -> prune, quantize, inspect, evaluate, texts, run-gemm, run-model, report,
             compare, export, machine (one module each)

A command's module is imported when it is called, so `spbench --help` imports none.
lazy_group.py turns failures into lines and exit codes, stopping.py signals into Ctrl-C.
"""

from __future__ import annotations

import click

from spbench.cli.lazy_group import LazyGroup

COMMANDS = {
    "prune": ("spbench.cli.prune:prune", "Prune the linear layers of a model in blocks."),
    "quantize": ("spbench.cli.quantize:quantize", "Calibrate a model's int8 activations on text."),
    "inspect": ("spbench.cli.inspect:inspect", "Show how sparse a model's layers really are."),
    "evaluate": ("spbench.cli.evaluate:evaluate", "Measure what models are worth on real text."),
    "texts": ("spbench.cli.texts:texts", "Write real text into a file, for calibration."),
    "run-gemm": ("spbench.cli.run_gemm:run_gemm", "Measure matrix products against libraries."),
    "run-model": ("spbench.cli.run_model:run_model", "Measure whole models in several runtimes."),
    "report": ("spbench.cli.report:report", "Write the report of a run."),
    "compare": ("spbench.cli.compare:compare", "Compare two runs of a sweep; gate on a slowdown."),
    "export": ("spbench.cli.export:export", "Write a run's rows in a format of other tools."),
    "machine": ("spbench.cli.machine:machine", "Show this machine and its measured limits."),
}


def _print_version(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        import spbench

        click.echo(f"spbench {spbench.__version__}")
        context.exit()


@click.group(cls=LazyGroup, commands_table=COMMANDS)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Does block-sparse int8 inference pay off on this CPU, for this model?"""
