"""Runtimes that behave, and runtimes that do what they should not.

Named in tests as ``fake_runtimes:Right``; workers find this module by PYTHONPATH.
"""

from __future__ import annotations

import os
import signal
import time

import numpy as np

from spbench.backends.runtimes.base import Availability, Runtime
from spbench.quantization.float_encoder import FloatEncoder


class Right(Runtime):
    """The f32 answer, computed once; a call lasts ``call_s`` for each sentence."""

    name = "right"
    title = "NumPy f32"
    dtype = "f32"
    call_s = 100e-6

    @classmethod
    def available(cls):
        return Availability(ok=True, version="1.0")

    def convert(self, model):
        self._encoder = FloatEncoder(model.encoder)

    def load(self, ids, threads):
        self._answer = np.stack([self._encoder.forward(sentence) for sentence in ids])

    def call(self):
        end = time.perf_counter() + self.call_s * len(self._answer)
        while time.perf_counter() < end:
            pass

    def result(self):
        return self._answer

    def implementation(self):
        return "fake 1.0"

    def release(self):
        self._answer = None


class OfUnpruned(Right):
    """The same of the unpruned weights."""

    unpruned = True


class OfOtherWeights(Right):
    """Answers with another model's hidden states."""

    def result(self):
        return np.roll(self._answer, 1, axis=-1)


class NotANumber(Right):
    """One NaN among them."""

    def result(self):
        answer = self._answer.copy()
        answer[0, 0, 0] = np.nan
        return answer


class Crashing(Right):
    """Dies by a signal while it loads."""

    def load(self, ids, threads):
        os.kill(os.getpid(), signal.SIGSEGV)


class Hanging(Right):
    """Never comes back."""

    def load(self, ids, threads):
        time.sleep(3600)


class Missing(Right):
    """Not installed."""

    @classmethod
    def available(cls):
        return Availability(ok=False, reason="no fake library", install="pip install fake")


class Installable(Right):
    """Not installed until the file that FAKE_LIBRARY names is there."""

    @classmethod
    def available(cls):
        here = os.path.exists(os.environ.get("FAKE_LIBRARY", ""))
        return Availability(ok=here, version="1.0", reason="" if here else "no fake library")


class Mendable(Right):
    """Fails until the file that FAKE_LIBRARY names is there."""

    def load(self, ids, threads):
        if not os.path.exists(os.environ.get("FAKE_LIBRARY", "")):
            raise OSError("broken installation")
        super().load(ids, threads)
