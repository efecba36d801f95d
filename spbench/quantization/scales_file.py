"""Scales of activations beside a checkpoint's weights, so that calibration is done once."""

from __future__ import annotations

import json
import math
from pathlib import Path

from spbench.errors import InputError, refusal
from spbench.quantization.calibration import ActivationScales, Scale
from spbench.quantization.float_encoder import POINTS

FILE_NAME = "spbench-activations.json"
_SCHEMA = 1


def scales_text(scales: ActivationScales) -> str:
    """Content of the file: for each layer and point ``[step, zero point]``."""
    layers = [
        {point: [scale.step, scale.zero_point] for point, scale in layer.items()}
        for layer in scales
    ]
    return json.dumps({"schema": _SCHEMA, "layers": layers}, indent=1)


def write_scales(folder: Path, scales: ActivationScales) -> Path:
    """Write the file into a checkpoint's folder; returns its path. Raises :class:`InputError`."""
    path = folder / FILE_NAME
    try:
        path.write_text(scales_text(scales), encoding="utf-8")
    except OSError as error:
        raise refusal(error, path, "cannot be written") from error
    return path


def read_scales(folder: Path) -> ActivationScales:
    """Raises :class:`InputError` if the file is missing, or not what :func:`write_scales` writes."""
    path = folder / FILE_NAME
    if not path.is_file():
        raise InputError(f"{path}: missing; calibrate the model, or give the engine its scales")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != _SCHEMA:
            raise InputError(f"{path}: schema {content['schema']}, not {_SCHEMA}; calibrate again")
        return [{point: _scale(*layer[point]) for point in POINTS} for layer in content["layers"]]
    except OSError as error:
        raise refusal(error, path, "cannot be read") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: not scales of activations; calibrate again") from error


def _scale(step: float, zero_point: int) -> Scale:
    is_byte = zero_point == int(zero_point) and 0 <= zero_point < 256
    if not (math.isfinite(step) and step > 0 and is_byte):
        raise ValueError("a step is above 0, a zero point a byte")
    return Scale(float(step), int(zero_point))
