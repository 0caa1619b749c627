// Docstrings of the backends and of bundles.
#pragma once

namespace ruvector::bindings::docs {

inline constexpr const char* kNativeBackend =
    R"(The base of the backends that are written in C++.)";

inline constexpr const char* kPullVectors =
    R"(The whole collection, as read-only arrays.

Raises:
    UnknownCollection: there is none of that name.)";

inline constexpr const char* kGeneration =
    R"(The present version of a collection: it changes with the data and means nothing else.

Raises:
    UnknownCollection: there is none of that name.)";

inline constexpr const char* kCurrentBundle = R"(The bundle of a collection's present version.)";

inline constexpr const char* kLocalBackend =
    R"(Collections in this process's memory. Thread-safe.

>>> import numpy as np, ruvector
>>> hot = ruvector.LocalBackend("hot")
>>> hot.upsert("docs", ids=[1, 2], vectors=np.eye(2, 8, dtype=np.float32))
>>> hot
LocalBackend('hot', collections=['docs'])
>>> hot.size("docs"), hot.dim("docs")
(2, 8))";

inline constexpr const char* kUpsert =
    R"(Replace or add vectors by id; makes the collection if there is none. Copies the rows.

Args:
    collection: Its name.
    ids: One id per vector.
    vectors: (n, dim) finite float32 values.

Raises:
    DimensionMismatch: the collection has another dimension.
    DuplicateId: an id is given twice.
    ValueError: a value is not finite. In all cases nothing is changed.)";

inline constexpr const char* kLocalRemove =
    R"(Remove vectors by id.

Raises:
    IdNotFound: the collection does not hold an id; then nothing is removed.
    UnknownCollection: there is none of that name.)";

inline constexpr const char* kDrop =
    R"(Forget a collection.

Raises:
    UnknownCollection: there is none of that name.)";

inline constexpr const char* kFsBackend =
    R"(Collections in files of one directory, in the format ruvec1. Thread-safe.

A collection is the file ``<collection>.ruvec1`` unless another name is registered for it. Its
generation is the identity of the file's content: size, times, inode and a digest of its ends, or
with ``full_hash=True`` a digest of all bytes, which is equal on every host.

>>> import numpy as np, ruvector, tempfile
>>> disk = ruvector.FsBackend("disk", root=tempfile.mkdtemp())
>>> disk.write("docs", ids=[1, 2], vectors=np.eye(2, 8, dtype=np.float32)).name
'docs.ruvec1'
>>> disk.list_collections()
['docs'])";

inline constexpr const char* kRegisterCollection =
    R"(Let a collection be the file of another name in the root.

Raises:
    ValueError: the name is no plain file name.)";

inline constexpr const char* kFsWrite =
    R"(Replace a collection's file atomically.

Returns:
    The file's path.)";

inline constexpr const char* kBundle =
    R"(The sidecar file ``table.rulake.json``: which data a cache entry was made of, with its witness.

Byte for byte the format of the original ruLake, version 2.

>>> import ruvector
>>> bundle = ruvector.RuLakeBundle(
...     data_ref="gs://bucket/x.parquet", dim=128, rotation_seed=42, rerank_factor=20, generation=7
... )
>>> bundle.rvf_witness[:16]
'7eac1775d1f76a4d'
>>> ruvector.RuLakeBundle.from_json(bundle.to_json()) == bundle
True)";

inline constexpr const char* kRequireWitness =
    R"(Raise unless the witness is that of the other fields.

Raises:
    WitnessMismatch: it is not.)";

inline constexpr const char* kSign =
    R"(Sign all other fields with an Ed25519 private ``key``, 32 bytes.

>>> import ruvector
>>> bundle = ruvector.RuLakeBundle(
...     data_ref="x", dim=8, rotation_seed=42, rerank_factor=20, generation="v1"
... )
>>> bundle.sign(bytes(range(32)))
>>> bundle.verify_signature(bytes.fromhex(bundle.public_key))
True)";

inline constexpr const char* kToJson =
    R"(The JSON text, without a final newline.

Raises:
    BundleError: a field is above its limit.)";

inline constexpr const char* kFromJson =
    R"(Read the JSON text; does not verify the witness.

Raises:
    BundleError: not JSON, a key missing, doubled or of another type, a field above its limit, a
        newer format.)";

inline constexpr const char* kWriteToDir =
    R"(Write ``directory/table.rulake.json`` atomically.

Returns:
    The file's path.)";

inline constexpr const char* kReadFromDir =
    R"(Read ``directory/table.rulake.json`` and verify its witness and signature.

Args:
    directory: Where the bundle lies.
    lenient: Take what the original ruLake silently accepts.
    trusted_keys: When there are any, a bundle that none of these Ed25519 keys signed is refused.

Raises:
    BundleError, WitnessMismatch: the bundle cannot be trusted.
    PersistError: the file cannot be read.)";

}  // namespace ruvector::bindings::docs
