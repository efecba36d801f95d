"""From a model's weights to a model in which whole blocks are zero.

recipes       what is wanted: method, pattern, sparsity, scope, schedule, exceptions
   |
passage       the model's layers as problems, in order
   |            calibration/   what a layer sees and should answer, on text
   |            threads        where pieces of work run, or ray_pool: on a cluster
   |
methods/      a problem -> scores -> which blocks stay, and the weights in them
   |            scores, masks  norms of blocks, and the best of them
   |
budgets       how many blocks each layer keeps: by layer, or from one pool
sensitivity   or where the model feels it least: options from curves, in weights or time (costs)
schedule      in how many steps
   |
prune         checkpoint + recipe -> masks, weights (journal: on disk), record; the folder written
   |
record        spbench.json beside the weights: what was done, layer by layer
   |
recovery/     pruned + dense checkpoint -> the pruned one, trained towards the dense one

resumable     all of it as one job that survives a kill; its workspace lies beside the target

inspection    any checkpoint -> zeros by element against zeros by block
sparsity      the counting that both use
"""
