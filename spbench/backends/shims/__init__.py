"""C between spbench and a library that has no shared object or no threads: compiled at first use.

The system's compiler turns a file of this folder into a small shared object, kept in
``$XDG_CACHE_HOME/spbench`` (``~/.cache/spbench``) under a name that says what it was made from.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from spbench.errors import RunError

INSTALL_COMPILER = "apt-get install gcc"
_ERRORS = ("error:", "cannot find", "undefined reference")
_FLAGS = ("-std=gnu11", "-O2", "-fopenmp", "-shared", "-fPIC")


def open_shim(
    name: str, libraries: Sequence[str] = (), made_with: Sequence[str] = ()
) -> ctypes.CDLL:
    """The shared object made of ``name``.c and ``libraries``, compiled if there is none yet.

    ``made_with`` are files of the library: a newer one makes a new object. Raises
    :class:`RunError` with what the compiler said.
    """
    source = Path(__file__).with_name(f"{name}.c")
    flags = [*_FLAGS, str(source), *libraries]
    file = _cache() / f"{name}-{_key([*flags, _environment()], [str(source), *made_with])}.so"
    if not file.is_file():
        _compile(flags, file)
    try:
        return ctypes.CDLL(str(file))
    except OSError as error:
        raise RunError(f"{file} does not load: {error}") from error


def _compile(flags: Sequence[str], file: Path) -> None:
    """Written beside its place and moved there whole: several processes may be at it at once."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    if shutil.which(compiler[0]) is None:
        raise RunError(f"no C compiler {compiler[0]}: {INSTALL_COMPILER}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            made = Path(folder) / file.name
            command = [*compiler, *flags, "-o", str(made)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RunError(f"{compiler[0]} failed: {_first_error(done.stderr)}")
            made.replace(file)
    except OSError as error:
        raise RunError(f"{file.parent} cannot be written: {error.strerror}") from error


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "spbench"


def _environment() -> str:
    return os.environ.get("CC", "")


def _key(words: Sequence[str], files: Sequence[str]) -> str:
    """Of the command, and of the files' bytes (sources) or sizes and times (libraries)."""
    digest = hashlib.sha256("\0".join(words).encode())
    for name in files:
        path = Path(name)
        if path.suffix == ".c":
            digest.update(path.read_bytes())
        elif path.exists():
            status = path.stat()
            digest.update(f"{name}:{status.st_size}:{status.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def _first_error(text: str) -> str:
    """Of the compiler or the linker, whose last line says no more than that it failed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in _ERRORS)]
    return (telling or lines or ["no message"])[0]
