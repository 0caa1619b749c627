"""Images: ours beside onnxruntime on the same network, with the same seeded weights."""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.embed.encoders import IMAGE_ENCODERS
from benchmarks.embed.encoders.files import SCRATCH, prepare_images
from benchmarks.embed.retrieval import cosines
from benchmarks.embed.rows import THREADS, Bench, Part
from benchmarks.environments import interpreter

# What is photographed, and what needs no resizing, so that the network is all that is left.
SIZES = {"photo": (480, 640), "fitting": (256, 256)}
CONTESTANTS = {
    "photo": ("ours-images", "onnxruntime-images"),
    "fitting": ("ours-images", "onnxruntime-images-alone"),
}


def pictures(count: int, height: int, width: int) -> Any:
    """Smooth noise: neighbouring pixels are alike, as in photographs."""
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 256, (count, height // 16, width // 16, 3), dtype=np.uint8)
    fine = rng.integers(0, 32, (count, height, width, 3), dtype=np.uint8)
    return coarse.repeat(16, axis=1).repeat(16, axis=2) // 8 * 7 + fine


def images(bench: Bench) -> Part:
    """A batch, in turn by each with equal threads; and how close the vectors are."""
    prepare_images(interpreter("embed-torch"))
    part: Part = {"count": bench.effort.images}
    for size, (height, width) in SIZES.items():
        file = SCRATCH / f"{size}.npy"
        np.save(file, pictures(bench.effort.images, height, width))
        part[size] = {str(threads): timed(bench, size, file, threads) for threads in THREADS}
    return part


def timed(bench: Bench, size: str, file: Path, threads: int) -> Part:
    runs: Part = {}
    with ExitStack() as stack:
        sessions = {}
        for name in CONTESTANTS[size]:
            session = stack.enter_context(bench.session(name, threads))
            if session is not None:
                output = SCRATCH / "vectors" / f"{name}.npy"
                session.ask("image_vectors", pixels=str(file), output=str(output))
                sessions[name], runs[name] = session, []
        for number in range(2 * bench.effort.rounds):
            for name in list(sessions)[:: -1 if number % 2 else 1]:
                runs[name].append(sessions[name].ask("image_rate", pixels=str(file)))
    for name, answers in runs.items():
        rate = statistics.median(run["images"] / run["seconds"] for run in answers)
        title = IMAGE_ENCODERS[name].title
        bench.say(f"images, {size}, {threads} threads: {title} {rate:,.1f} images/s")
    files = [SCRATCH / "vectors" / f"{name}.npy" for name in CONTESTANTS[size]]
    both = len(runs) == len(files)
    return {"runs": runs, **(cosines(*map(np.load, files)) if both else {})}
