"""Recovery: a pruned model learns from the dense one what pruning took from it.

    settings        what a recipe says under `recovery:`
    text_batches    train texts in batches of like lengths, from any position
    pupil           the pruned model in torch; its zeros stay zero
    wide_attention  its attention stays f32 where the rest is bf16, which is faster
    fake_int8       what int8 will do to it, felt while it learns (on request)
    distillation    how far its hidden states and sentence vectors are from the dense model's
    training_state  all that a later process needs to go on, one file, whole or absent
    deadline        a time limit that lets the learning rate come to rest
    training        the loop: steps and schedule
    recovery        the whole: two checkpoints and settings in, weights and a record out

torch and transformers are imported when training begins, not before.
"""
