"""From floating-point weights and activations to the numbers that the kernels multiply."""

from spbench.quantization.calibration import ActivationScales, Scale, calibrate
from spbench.quantization.scales_file import read_scales, write_scales
from spbench.quantization.weights import model_weight, quantize_weight

__all__ = [
    "ActivationScales",
    "Scale",
    "calibrate",
    "model_weight",
    "quantize_weight",
    "read_scales",
    "write_scales",
]
