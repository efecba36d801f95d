"""A bench without a library: says what its process looks like, and misbehaves when asked to."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time


class FakeBench:
    def __init__(self, name):
        self.name = name
        if name == "unloadable":
            raise OSError("libfake.so.1: no such file")

    def echo(self, value):
        return value

    def surroundings(self):
        return sorted(os.sched_getaffinity(0)), dict(os.environ), os.getpid()

    def print(self):
        print("to stdout")
        os.system("echo from a child")
        os.write(1, b"to its descriptor")

    def fail(self):
        raise ValueError("first line\nsecond line")

    def die(self, signal_name):
        print("last words", file=sys.stderr, flush=True)
        os.kill(os.getpid(), getattr(signal, signal_name))

    def exit(self, code):
        os._exit(code)

    def sleep(self, seconds):
        time.sleep(seconds)

    def spin(self):
        threading.Thread(target=self._spin, daemon=True).start()

    def _spin(self):
        while True:
            sum(range(1000))
