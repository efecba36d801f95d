"""Whole models: a checkpoint in, a plan of kernel calls, NumPy out.

    Checkpoint --> Encoder ------+
                                 +--> CompiledEncoder --> native.Plan: C++, one call a run
    calibrate, or the file  -----+      LayerWeight: the fastest WeightForm   |
    beside the weights: scales                                                |
                                                                              v
    input_ids, attention_mask --> Batch: tokens one after another --> last hidden states
                                                                              |
    EncoderOutput <-- pooler, classifier (heads), means <---------------------+

The kernels of a plan are in cython_kernels/, its interpreter in cython_kernels/runtime/.
"""

from spbench.engine.engine import EncoderOutput, Engine
from spbench.engine.plan import Plan, PlanRow

__all__ = ["EncoderOutput", "Engine", "Plan", "PlanRow"]
