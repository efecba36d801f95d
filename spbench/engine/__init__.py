"""Whole models: a checkpoint in, a plan of kernel calls, NumPy out.

Checkpoint --Encoder.of--> Encoder --+
                                     +--> CompiledEncoder --> native.Plan (C++, one call a run)
calibrate ------> ActivationScales --+      LayerWeight: block-sparse or dense     ^
                                                                                   |
input_ids, attention_mask --> Batch (tokens one after another, no padding) --Engine.__call__
"""

from spbench.engine.engine import EncoderOutput, Engine, PlanRow

__all__ = ["EncoderOutput", "Engine", "PlanRow"]
