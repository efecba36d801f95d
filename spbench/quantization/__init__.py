"""From floating-point weights to the s8 numbers that the kernels multiply."""

from spbench.quantization.weights import model_weight, quantize_weight

__all__ = ["model_weight", "quantize_weight"]
