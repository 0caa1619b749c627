"""Writes mobilenet_v3_small.onnx: torchvision's network up to the mean of its last maps.

The weights are those of tests/golden/mobilenet_v3/seeded_weights.py, so that the same network can
be run by onnxruntime and by this library. Needs torch, torchvision and onnx.

    python export_mobilenet.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch  # type: ignore[import-not-found]
from torchvision import models  # type: ignore[import-not-found]

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "golden" / "mobilenet_v3"))

from seeded_weights import seeded_weights  # type: ignore[import-not-found]  # noqa: E402


def main() -> None:
    network = models.mobilenet_v3_small()
    weights = {name: torch.from_numpy(values) for name, values in seeded_weights().items()}
    network.load_state_dict(weights, strict=False)
    features = torch.nn.Sequential(
        network.features, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()
    )
    torch.onnx.export(
        features.eval(),
        (torch.zeros(2, 3, 224, 224),),
        str(Path(sys.argv[1]) / "mobilenet_v3_small.onnx"),
        input_names=["pictures"],
        output_names=["features"],
        dynamic_axes={"pictures": {0: "n"}, "features": {0: "n"}},
        dynamo=False,
    )


if __name__ == "__main__":
    main()
