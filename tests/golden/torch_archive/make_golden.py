"""Writes zip.pth, old.pth and expected.safetensors: one state dict in three forms.

An independent reference: PyTorch and the safetensors library, none of this project's code.
Versions used: torch 2.15.0, safetensors 0.8.0.

    python make_golden.py
"""

from collections import OrderedDict
from pathlib import Path

import torch  # type: ignore[import-not-found]
from safetensors.torch import save_file  # type: ignore[import-not-found]

HERE = Path(__file__).parent

generator = torch.Generator().manual_seed(5)
base = torch.randn(4, 6, generator=generator)
state = OrderedDict(
    {
        "plain": base,
        "a.row": base[1],  # shares the storage, at an offset
        "a.column": base[:, 2],  # with gaps
        "transposed": base.t(),
        "channels_last": torch.randn(2, 3, 5, 4, generator=generator).to(
            memory_format=torch.channels_last
        ),
        "one_by_one": torch.randn(5, 1, 1, 1, generator=generator),
        "halves": torch.randn(7, generator=generator).half(),
        "brain": torch.randn(2, 2, generator=generator).bfloat16(),
        "steps": torch.tensor(-1234567890123),
        "parameter": torch.nn.Parameter(torch.randn(3, generator=generator)),
        "empty": torch.zeros(0, 4),
    }
)
state._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]  # as state_dict() has it

torch.save(state, HERE / "zip.pth")
torch.save(state, HERE / "old.pth", _use_new_zipfile_serialization=False)
save_file(
    {name: tensor.detach().clone().contiguous() for name, tensor in state.items()},
    HERE / "expected.safetensors",
)
