"""What onnxruntime and tokenizers are asked for, and how."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ruvector.errors import EmbedError

if TYPE_CHECKING:
    import onnxruntime
    import tokenizers

# Operators whose scales come from all values of a batch.
_DYNAMIC = (b"DynamicQuantizeLinear", b"DynamicQuantizeMatMul", b"MatMulIntegerToFloat")


def open_tokenizer(path: Path, max_tokens: int) -> tokenizers.Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # of no documented kind
        raise EmbedError(f"{path}: {first_line(error)}") from error
    # What the file says of these would cut texts short or make padding count.
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = threads
    options.enable_mem_pattern = False  # of use only when shapes repeat
    options.enable_cpu_mem_arena = False  # it would keep the most that was ever needed
    options.log_severity_level = 3
    # Idle threads that spin take the processor from others.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # of no documented kind
        raise EmbedError(f"{path}: {first_line(error)}") from error


def is_dynamic(path: Path) -> bool:
    """Whether the graph names an operator of dynamic quantisation."""
    data = np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)
    step, most = 1 << 24, max(map(len, _DYNAMIC))
    pieces = (data[at : at + step + most].tobytes() for at in range(0, len(data), step))
    return any(name in piece for piece in pieces for name in _DYNAMIC)


def input_types(session: onnxruntime.InferenceSession, path: Path) -> dict[str, Any]:
    types = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
    inputs = {one.name: types.get(one.type) for one in session.get_inputs()}
    known = {"input_ids", "attention_mask", "token_type_ids"}
    if "input_ids" not in inputs or not inputs.keys() <= known or None in inputs.values():
        raise EmbedError(f"{path}: takes {', '.join(sorted(inputs))}; known are input_ids, "
                         "attention_mask and token_type_ids, whole numbers")  # fmt: skip
    return inputs


def chosen_output(session: onnxruntime.InferenceSession, path: Path) -> tuple[str, bool]:
    """The output to use, and whether it is one vector for each text already."""
    outputs = {one.name: one for one in session.get_outputs() if one.type == "tensor(float)"}
    for name in ("last_hidden_state", "token_embeddings", *outputs):
        if name in outputs and len(outputs[name].shape) == 3:
            return name, False
    for name in ("sentence_embedding", *outputs):
        if name in outputs and len(outputs[name].shape) == 2:
            return name, True
    raise EmbedError(f"{path}: gives neither hidden states nor sentence embeddings in float32")


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
