"""Makes MobileNetV3-Small with seeded weights, for us and for onnxruntime; runs in torch.

    python -m benchmarks.embed.export_mobilenet OUTPUT_FOLDER

The trained weights are in no package. The seeded ones are those of the tests, and what a network
takes for an image does not depend on its weights. OUTPUT_FOLDER gets them in the file that
torchvision calls `mobilenet_v3_small-047dcff4.pth`, where we look for it, and `model.onnx`: pixels
to 576 features, as torchvision's graph is exported.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from benchmarks.datasets import ROOT

SEEDED = ROOT / "tests" / "golden" / "mobilenet_v3"


def main() -> None:
    torch: Any = importlib.import_module("torch")
    torchvision: Any = importlib.import_module("torchvision")
    sys.path.insert(0, str(SEEDED))
    seeded: Any = importlib.import_module("seeded_weights")

    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    weights = seeded.seeded_weights()
    network = torchvision.models.mobilenet_v3_small().eval()
    tensors = {name: torch.from_numpy(values) for name, values in weights.items()}
    _, unexpected = network.load_state_dict(tensors, strict=False)
    assert not unexpected
    torch.save(network.state_dict(), folder / "mobilenet_v3_small-047dcff4.pth")
    features = torch.nn.Sequential(network.features, network.avgpool, torch.nn.Flatten())
    with torch.no_grad():
        torch.onnx.export(
            features,
            (torch.zeros((2, 3, 224, 224)),),
            str(folder / "model.onnx"),
            input_names=["pixels"],
            output_names=["features"],
            dynamic_axes={"pixels": {0: "batch"}, "features": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )


if __name__ == "__main__":
    main()
