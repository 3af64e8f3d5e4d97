"""Functions of Keras operations as graphs of ONNX."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from skforecast_lstm._pages import see

__all__ = ["onnx_file", "outputs_of"]

# Of the operations; onnxruntime reads it from 1.12 on.
_OPSET = 17


def onnx_file(
    function: Callable[..., Sequence[Any]],
    inputs: Mapping[str, tuple[Sequence[int], str]],
    outputs: Sequence[str],
    facts: Mapping[str, Any],
) -> bytes:
    """Make the file of a function.

    Parameters
    ----------
    function : callable
        It takes tensors, the first axis of which counts samples, and returns as many as `outputs`.
    inputs : mapping of str to (shape, dtype)
        Name of each, and the shape and type of a sample of it.
    outputs : sequence of str
        Name of each.
    facts : mapping
        What a reader of the file may want to know, written into it as JSON.

    Raises
    ------
    ImportError
        If tf2onnx or onnxruntime is not installed.
    ValueError
        If it has no operation of ONNX for one of the function.
    """
    try:
        import onnx
        import onnxruntime  # noqa: F401
        import tf2onnx
    except ImportError as error:
        raise ImportError(
            f"to_onnx needs tf2onnx and onnxruntime ({error}): "
            f'pip install "skforecast_lstm[onnx]". {see("serving")}'
        ) from error
    signature = [
        tf.TensorSpec([None, *shape], dtype, name=name) for name, (shape, dtype) in inputs.items()
    ]
    traced = tf.function(function, input_signature=signature, autograph=False)
    try:
        with _silent():
            model, _ = tf2onnx.convert.from_function(
                traced, signature, opset=_OPSET, custom_op_handlers={"SelectV2": (_choose, [])}
            )
        _name(model.graph, dict(zip([o.name for o in model.graph.output], outputs, strict=True)))
        onnx.helper.set_model_props(model, {"skforecast_lstm": json.dumps(facts)})
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:
        raise ValueError(
            f"the network cannot be converted to ONNX: {type(error).__name__}: {error}. Layers and "
            f"activations of Keras have one, mostly; functions of your own often have none."
            f" {see('serving')}"
        ) from error
    data: bytes = model.SerializeToString()
    return data


def outputs_of(file: bytes, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """What onnxruntime computes by a file."""
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    outputs: list[np.ndarray] = session.run(None, dict(inputs))
    return outputs


def _choose(_: Any, node: Any, *__: Any) -> None:
    """Write ``where`` as such; tf2onnx would add products, and NaN times zero is NaN."""
    node.type = "Where"


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Log nothing: the converter speaks of all that it tries."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _name(graph: Any, names: Mapping[str, str]) -> None:
    """Call the outputs of a graph by names, and the number of samples by one."""
    for node in graph.node:
        for parts in (node.input, node.output):
            parts[:] = [names.get(part, part) for part in parts]
    for output in graph.output:
        output.name = names[output.name]
    for value in [*graph.input, *graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "n"
