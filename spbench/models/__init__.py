"""Whole models: loaded and measured op by op here, or one case at a time in worker processes.

    folder, package --loading--> LoadedModel --profile, bound--> Profile: time and bound of every op

    MODEL on the command line
         |
    ModelChoice        model_choice.py    YAML of sizes (model_config.py), folder or package
         |
    ModelCase          case.py            a model as pruned, sentences x tokens, threads
         |
    Workshop           workshop.py        weights (random_model.py, or pruned), scales, sentences, and
         |                                the f32 answer to them
    ModelTask          task.py            where all that lies: what a worker is told
    - - - | - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -
    ModelBench         bench.py           a runtime of spbench.backends.runtimes at work
                       likeness.py        whether its answer is the model's

Which cases, in which order, and what becomes of the results: spbench.sweeps.models.
"""
