"""faiss-cpu: flat, product quantiser with refinement, RaBitQ fast scan, HNSW."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from benchmarks.arrays import Ids, Rows, Setting
from benchmarks.peers.peer import Peer


class FaissPeer(Peer):
    """An index made by the library's factory."""

    distribution = "faiss-cpu"

    def __init__(self, rows: Rows, threads: int) -> None:
        super().__init__(rows, threads)
        self.faiss: Any = importlib.import_module("faiss")
        self.faiss.omp_set_num_threads(threads)
        self.parameters: Any = None

    def factory(self) -> str:
        raise NotImplementedError

    def build(self) -> None:
        self.index = None
        self.index = self.faiss.index_factory(self.dim, self.factory())
        self.index.train(self.rows)
        self.index.add(self.rows)

    def settings(self, k: int) -> list[Setting]:
        return [{}]

    def search(self, query: Rows) -> Any:
        return self.index.search(query, self.k, params=self.parameters)

    def search_batch(self, queries: Rows) -> Any:
        return self.index.search(queries, self.k, params=self.parameters)

    def ids(self, result: Any) -> Ids:
        return super().ids(result[1])

    def save(self, path: Path) -> None:
        self.faiss.write_index(self.index, str(path))

    def load(self, path: Path) -> None:
        self.index = None
        self.index = self.faiss.read_index(str(path))


class Flat(FaissPeer):
    """Its batches go to BLAS above a threshold whose default is too high; below, BLAS is slow."""

    BATCH_THRESHOLD = 20

    def factory(self) -> str:
        return "Flat"

    def search_batch(self, queries: Rows) -> Any:
        settings = self.faiss.cvar
        usual = settings.distance_compute_blas_threshold
        settings.distance_compute_blas_threshold = self.BATCH_THRESHOLD
        result = super().search_batch(queries)
        settings.distance_compute_blas_threshold = usual
        return result

    def index_bytes(self) -> dict[str, int]:
        return {"rows": int(self.index.ntotal) * self.dim * 4}


class PqRefine(FaissPeer):
    """Four-bit product quantiser of two dimensions each, fast scan, then exact distances."""

    def factory(self) -> str:
        return f"PQ{self.dim // 2}x4fs,RFlat"

    def settings(self, k: int) -> list[Setting]:
        factors = [2, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 50, 60, 80, 100, 150]
        return [{"k_factor": factor} for factor in factors if factor * k <= 2_500]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.parameters = self.faiss.IndexRefineSearchParameters(k_factor=setting["k_factor"])

    def index_bytes(self) -> dict[str, int]:
        return {"codes": self.count * self.dim // 4, "rows": self.count * self.dim * 4}


class RabitqScan(FaissPeer):
    """One-bit RaBitQ fast scan, estimates only; the factory does not rotate by itself."""

    def factory(self) -> str:
        return f"RR{self.dim},RaBitQfs"


class RabitqRefine(FaissPeer):
    def factory(self) -> str:
        return f"RR{self.dim},RaBitQfs,RFlat"

    def settings(self, k: int) -> list[Setting]:
        return [{"k_factor": f} for f in (4, 8, 15, 30, 60, 120, 250, 500) if f * k <= 5_000]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.parameters = self.faiss.IndexRefineSearchParameters(k_factor=setting["k_factor"])


class Hnsw(FaissPeer):
    def factory(self) -> str:
        return "HNSW32,Flat"

    def build(self) -> None:
        self.index = None
        self.index = self.faiss.IndexHNSWFlat(self.dim, 32)
        self.index.hnsw.efConstruction = 200
        self.index.add(self.rows)

    def settings(self, k: int) -> list[Setting]:
        widths = (20, 40, 60, 80, 120, 160, 200, 300, 400, 600, 800)
        return [{"ef": width} for width in widths if width >= k]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.parameters = self.faiss.SearchParametersHNSW(efSearch=setting["ef"])
