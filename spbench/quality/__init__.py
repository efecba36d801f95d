"""Quality: what a model is still worth, on real text that nothing has trained on.

    evaluation     models, texts and a reference in, one row a model out
      settings         what to measure with: runtime, tasks, texts, tokens
      subject          what a row says about a model: sparsity, method, recovery
      embedder         token ids to hidden states, by spbench's engine (int8) or torch (f32)
      embedding        sentence vectors of many texts, hidden states of some
      embedding_cache  those of dense models, kept
      fidelity         how like the dense model's they are
      probe            accuracy: a linear classifier on frozen sentence vectors
      bootstrap        95 % intervals, by drawing texts

It sits beside gemm and models: above the engine, below cli and report.
"""
