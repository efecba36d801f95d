"""What a layer sees and what it should answer, from texts run through the model.

sample     FILE.txt -> token ids of some texts, with a digest for the record
walk       the sample through an encoder, layer after layer: beside the pruned model runs
  |        the dense one, which says what each layer should have answered
moments    first and second moments of a layer's inputs and answers: all that pruning needs
"""

from spbench.pruning.calibration.block import STAGES, Linear
from spbench.pruning.calibration.moments import Answer, Moments
from spbench.pruning.calibration.sample import Sample
from spbench.pruning.calibration.walk import EncoderWalk

__all__ = ["STAGES", "Answer", "EncoderWalk", "Linear", "Moments", "Sample"]
