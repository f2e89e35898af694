"""A tower in ONNX Runtime."""

from pathlib import Path
from typing import Any

import onnxruntime


def open_session(file: Path, threads: int) -> Any:
    """Open a tower in ONNX Runtime; its weights are mapped."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads sleep: the cores are shared with everything else on the machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The arena keeps the memory of the largest batch ever seen; without it speed is the same.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
