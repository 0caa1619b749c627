"""Backends of ruLake for stores that others wrote: Arrow tables, Parquet files, PostgreSQL.

Each is a ``ruvector.BackendAdapter`` and is also a plain name in ``ruvector``. The packages that
they need are imported when a backend is made.
"""

from ruvector.stores.arrow import ArrowBackend, ArrowSource, SupportsArrowStream
from ruvector.stores.parquet import ParquetBackend
from ruvector.stores.postgres import PostgresBackend

__all__ = [
    "ArrowBackend",
    "ArrowSource",
    "ParquetBackend",
    "PostgresBackend",
    "SupportsArrowStream",
]
