"""From a model's weights to a model in which whole blocks are zero.

recipes    what is wanted: pattern, sparsity, scope, norm, exceptions
   |
scores     W[M, K] -> one number a block: how much its weights matter
   |
masks      scores -> which blocks stay; blocks -> which weights stay
   |
prune      checkpoint + recipe -> masks + record, and the folder written
   |
record     spbench.json beside the weights: what was done, layer by layer

inspection    any checkpoint -> zeros by element against zeros by block
sparsity      the counting that both use
"""
