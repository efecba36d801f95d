"""Runs a model in DeepSparse for ``deepsparse_model``: a line of JSON in, a line of JSON out.

Started with the python of an environment that has DeepSparse; Python 3.8 and no spbench there.
"""

import ctypes
import json
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1


class Child:
    def do_import(self):
        import deepsparse.engine  # noqa: F401 - paid for before anything is timed

        return {}

    def do_load(self, file, ids, threads):
        import numpy as np
        from deepsparse.engine import Engine
        from deepsparse.version import version

        self.ids = [np.load(ids)]
        self.engine = Engine(file, batch_size=self.ids[0].shape[0], num_cores=threads)
        return {
            "version": version,
            "isa": self.engine.cpu_avx_type,
            "vnni": bool(self.engine.cpu_vnni),
            "supported": float(self.engine.fraction_of_supported_ops),
        }

    def do_run(self, count):
        cpu_ns, wall_ns = time.process_time_ns(), time.perf_counter_ns()
        for _ in range(count):
            self.output = self.engine.run(self.ids, val_inp=False)
        wall_ns = time.perf_counter_ns() - wall_ns
        return {"wall_ns": wall_ns, "cpu_ns": time.process_time_ns() - cpu_ns}

    def do_result(self, file):
        import numpy as np

        np.save(file, self.output[0])
        return {}


def main():
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the library prints is no answer
    child = Child()
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = getattr(child, "do_" + question.pop("what"))(**question)
        except Exception as error:  # noqa: BLE001 - whatever it is, it becomes the row's reason
            answer = {"error": "{}: {}".format(type(error).__name__, str(error).split("\n")[0])}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
