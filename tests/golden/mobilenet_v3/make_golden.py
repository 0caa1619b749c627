"""Writes features.f32: what torchvision makes of seeded pictures with seeded weights.

An independent reference: PyTorch and torchvision, none of this project's code.
Versions used: torch 2.15.0, torchvision 0.29.2, Pillow 13.0.0, float32 on the CPU.

    python make_golden.py

pictures.txt has a line `HEIGHT WIDTH` for each picture; features.f32 has 576 little-endian floats
for each: the mean of the last feature maps, not scaled to length 1.
"""

import sys
from pathlib import Path

import numpy as np
import torch  # type: ignore[import-not-found]
from PIL import Image
from torchvision import models, transforms  # type: ignore[import-not-found]

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from seeded_weights import picture, seeded_weights  # type: ignore[import-not-found]  # noqa: E402

torch.set_grad_enabled(False)
network = models.mobilenet_v3_small().eval()
weights = {name: torch.from_numpy(values) for name, values in seeded_weights().items()}
missing, unexpected = network.load_state_dict(weights, strict=False)
assert not unexpected
assert all("num_batches_tracked" in name or "classifier" in name for name in missing)

prepare = transforms.Compose(
    [
        transforms.Resize(256),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ]
)


def features(height: int, width: int) -> np.ndarray:
    pixels = prepare(Image.fromarray(picture(height, width)))
    row: np.ndarray = network.avgpool(network.features(pixels[None])).flatten().numpy()
    return row


sizes = [map(int, line.split()) for line in (HERE / "pictures.txt").read_text().splitlines()]
rows = np.stack([features(height, width) for height, width in sizes]).astype("<f4")
(HERE / "features.f32").write_bytes(rows.tobytes())
