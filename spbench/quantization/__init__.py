"""From floating-point weights and activations to the numbers that the kernels multiply.

    sentences --> Calibration: one f32 pass (FloatEncoder), a Histogram of every point
                      |
      Clipping -------+--> Scale of each point       ActivationChoice: GELU by table or polynomial
      min-max, percentile, mse   |                        |
                                 +--> ActivationScales <--+--> scales_file, beside the weights

The check of what the int8 engine then loses is in spbench/engine/quantize.py.
"""

from spbench.quantization.calibration import Calibration, calibrate
from spbench.quantization.clipping import Clipping
from spbench.quantization.scale import ActivationScales, LayerScales, Scale
from spbench.quantization.scales_file import read_scales, write_scales
from spbench.quantization.weights import model_weight, quantize_weight

__all__ = [
    "ActivationScales",
    "Calibration",
    "Clipping",
    "LayerScales",
    "Scale",
    "calibrate",
    "model_weight",
    "quantize_weight",
    "read_scales",
    "write_scales",
]
