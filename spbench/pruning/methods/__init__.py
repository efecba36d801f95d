"""How blocks are chosen: one file a method, behind one interface.

base            Problem -> scores -> Solution (mask, weights, bias)
magnitude       |w|
wanda           |w| * norm of its input
snip_momentum   |w * gradient|, averaged over batches
second_order    the loss of the layer's answers, weights updated
  block_admm      which blocks stay, all blocks of a layer considered together
  resolve         the best weights for them
"""

from spbench.pruning.methods.base import Method, Problem, Sees, Solution
from spbench.pruning.methods.registry import METHODS, MethodName, method_named

__all__ = ["METHODS", "Method", "MethodName", "Problem", "Sees", "Solution", "method_named"]
