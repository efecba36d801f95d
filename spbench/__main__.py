"""``python -m spbench``: the same as ``spbench``."""

from spbench.cli import main

main(prog_name="spbench")
