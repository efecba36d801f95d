"""Scales of activations beside a checkpoint's weights, so that calibration is done once."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from spbench.errors import InputError, refusal
from spbench.formats.path_kind import PathKind, path_kind
from spbench.quantization.float_encoder import POINTS
from spbench.quantization.scale import ActivationScales, LayerScales, Scale

FILE_NAME = "spbench-activations.json"
_SCHEMA = 2  # 1: every GELU by polynomial, and not said
_ACTIVATION_BY = "activation_by"


def scales_text(scales: ActivationScales) -> str:
    """Content of the file: for each layer how it computes GELU, and its points' ``[step, zero
    point]``."""
    layers = [
        {_ACTIVATION_BY: layer.activation_by}
        | {point: [scale.step, scale.zero_point] for point, scale in layer.scales.items()}
        for layer in scales
    ]
    return json.dumps({"schema": _SCHEMA, "layers": layers}, indent=1) + "\n"


def write_scales(folder: Path, scales: ActivationScales) -> Path:
    """Write the file into a checkpoint's folder; returns its path. Raises :class:`InputError`."""
    path = folder / FILE_NAME
    try:
        path.write_text(scales_text(scales), encoding="utf-8")
    except OSError as error:
        raise refusal(error, path, "cannot be written") from error
    return path


def read_scales(folder: Path) -> ActivationScales | None:
    """None where there is no file. Raises :class:`InputError` if it is not what
    :func:`write_scales` writes."""
    path = folder / FILE_NAME
    if path_kind(path) is PathKind.MISSING:
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != _SCHEMA:
            raise InputError(
                f"{path}: schema {content['schema']}, not {_SCHEMA}; run `spbench quantize` again"
            )
        return [_layer(layer) for layer in content["layers"]]
    except OSError as error:
        raise refusal(error, path, "cannot be read") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path}: not scales of activations; run `spbench quantize` again"
        ) from error


def _layer(content: dict[str, Any]) -> LayerScales:
    if content[_ACTIVATION_BY] not in ("polynomial", "table"):
        raise ValueError("GELU is computed by a polynomial or a table")
    scales = {point: _scale(*content[point]) for point in POINTS}
    return LayerScales(scales, content[_ACTIVATION_BY])


def _scale(step: float, zero_point: int) -> Scale:
    is_byte = zero_point == int(zero_point) and 0 <= zero_point < 256
    if not (math.isfinite(step) and step > 0 and is_byte):
        raise ValueError("a step is above 0, a zero point a byte")
    return Scale(float(step), int(zero_point))
