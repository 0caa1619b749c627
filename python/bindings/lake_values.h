// Values of ruLake on their way between Python and C++: the classes of ruvector/lake_types.py,
// keys, generations. All need the GIL.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ruvector/lake/generation.h"
#include "ruvector/lake/lake.h"
#include "ruvector/lake/types.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// From Python. `name` is that of the argument, for messages of TypeErrors and ValueErrors.
std::string to_name(nb::handle value, const char* name);
LakeKey to_key(nb::handle value, const char* name);
std::vector<LakeKey> to_keys(nb::handle value, const char* name);
Consistency to_consistency(nb::handle value, const char* name);
Partial to_partial(const std::string& name);
Generation to_generation(nb::handle value, const char* name);
std::chrono::milliseconds to_milliseconds(nb::handle value, const char* name);
std::optional<std::chrono::milliseconds> to_optional_milliseconds(nb::handle value,
                                                                  const char* name);
// 32 bytes.
Ed25519PrivateKey to_ed25519_key(nb::handle value, const char* name);
std::vector<Ed25519PublicKey> to_ed25519_keys(nb::handle value, const char* name);

// None, an Embedder (its recipe digest) or the name of another encoder.
std::optional<std::string> to_encoder(nb::handle value, const char* name);

// To Python.
nb::object to_python(const Generation& generation);
nb::object to_python(const LakeKey& key);
nb::object to_python(const std::vector<LakeHit>& hits);
nb::object to_python(const std::vector<std::vector<LakeHit>>& rows);
nb::object to_python(const FederatedHits& hits);
nb::object to_python(RefreshResult result);
nb::object to_python(const PerBackendStats& stats);
nb::object to_python(const CacheStats& stats);
nb::object to_python(const PulledBatch& batch);

}  // namespace ruvector::bindings
