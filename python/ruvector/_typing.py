"""Names of the argument types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from typing_extensions import Buffer


class SupportsDLPack(Protocol):
    """A tensor of any library, in the CPU's memory."""

    def __dlpack__(self, /, *args: Any, **kwargs: Any) -> Any: ...
    def __dlpack_device__(self) -> tuple[Any, Any]: ...


MetricName: TypeAlias = Literal["l2", "ip", "cosine"]

# C-contiguous float32, read without a copy: (dim) and (n, dim). A vector may also be a plain
# sequence of floats, which is slower.
Vector: TypeAlias = Union[NDArray[np.float32], SupportsDLPack, "Buffer", Sequence[float]]
Query: TypeAlias = Vector
Matrix: TypeAlias = Union[NDArray[np.float32], SupportsDLPack, "Buffer"]

# (n) ids; an int64 array must hold no negative.
IdsLike: TypeAlias = NDArray[np.uint64] | NDArray[np.int64] | SupportsDLPack | Sequence[int]

# A mask by slot, a packed bitmap (np.packbits(mask, bitorder="little")), or allowed ids.
FilterArray: TypeAlias = (
    NDArray[np.bool_] | NDArray[np.uint8] | NDArray[np.uint64] | NDArray[np.int64] | SupportsDLPack
)

# True: a tqdm bar. A callable gets (done, total) and cancels by returning False.
Progress: TypeAlias = Callable[[int, int], object] | bool | None
