"""The compiled modules, built from cython_kernels/: ``spmm``, ``probe``, ``replay``."""
