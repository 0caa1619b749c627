"""The array types that datasets, peers and timings exchange."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Rows: TypeAlias = npt.NDArray[np.float32]
Ids: TypeAlias = npt.NDArray[np.int64]
Distances: TypeAlias = npt.NDArray[np.float64]
Setting: TypeAlias = dict[str, Any]
