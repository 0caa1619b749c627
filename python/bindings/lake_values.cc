#include "lake_values.h"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>

#include "arrays.h"
#include "named_tuple.h"
#include "numbers.h"
#include "rooms.h"

namespace ruvector::bindings {
namespace {

constexpr std::uint64_t kMaxMilliseconds = 3'153'600'000'000;  // a hundred years

NamedTupleClass hit_class;

nb::object lake_type(const char* name) {
  return nb::module_::import_("ruvector.lake_types").attr(name);
}

[[noreturn]] void throw_type(const char* name, const char* wanted, nb::handle value) {
  throw nb::type_error(
      (std::string(name) + ": expected " + wanted + ", got " + class_name(value)).c_str());
}

// The two strings of a key, for all hits of a collection; remembers the last key.
class KeyStrings {
 public:
  nb::object hit(const LakeHit& hit) {
    if (hit.key.get() != key_) {
      backend_ = nb::cast(hit.backend());
      collection_ = nb::cast(hit.collection());
      key_ = hit.key.get();
    }
    return hit_class.make({nb::object(backend_).release().ptr(),
                           nb::object(collection_).release().ptr(),
                           PyLong_FromUnsignedLongLong(hit.id), PyFloat_FromDouble(hit.score)});
  }

 private:
  const LakeKey* key_ = nullptr;
  nb::object backend_;
  nb::object collection_;
};

}  // namespace

void init_lake_values() { hit_class.load("ruvector.lake_types", "LakeHit"); }

std::string to_name(nb::handle value, const char* name) {
  if (!nb::isinstance<nb::str>(value)) throw_type(name, "a str", value);
  return nb::cast<std::string>(value);
}

LakeKey to_key(nb::handle value, const char* name) {
  const char* wanted = "a pair (backend, collection)";
  if (!nb::isinstance<nb::tuple>(value)) throw_type(name, wanted, value);
  const auto pair = nb::borrow<nb::tuple>(value);
  if (pair.size() != 2) throw_type(name, wanted, value);
  return {to_name(pair[0], name), to_name(pair[1], name)};
}

std::vector<LakeKey> to_keys(nb::handle value, const char* name) {
  std::vector<LakeKey> keys;
  if (PySequence_Check(value.ptr()) == 0) {
    throw_type(name, "a collection or a list of pairs (backend, collection)", value);
  }
  for (nb::handle key : nb::iter(nb::borrow(value))) keys.push_back(to_key(key, name));
  return keys;
}

Consistency to_consistency(nb::handle value, const char* name) {
  if (PyObject_IsInstance(value.ptr(), lake_type("Consistency").ptr()) != 1) {
    throw_type(name, "ruvector.Consistency.FRESH, EVENTUAL or FROZEN", value);
  }
  const std::string mode = nb::cast<std::string>(value.attr("value"));
  if (mode == "fresh") return Consistency::fresh;
  return mode == "eventual" ? Consistency::eventual : Consistency::frozen;
}

Partial to_partial(const std::string& name) {
  if (name == "error") return Partial::error;
  if (name == "allow") return Partial::allow;
  throw std::invalid_argument("partial: '" + name + "' is none of 'error', 'allow'");
}

Generation to_generation(nb::handle value, const char* name) {
  if (nb::isinstance<nb::str>(value)) return nb::cast<std::string>(value);
  if (PyIndex_Check(value.ptr()) == 0) throw_type(name, "an int or a str", value);
  return to_unsigned<std::uint64_t>(value, name);
}

std::chrono::milliseconds to_milliseconds(nb::handle value, const char* name) {
  return std::chrono::milliseconds(to_unsigned(value, name, kMaxMilliseconds));
}

std::optional<std::chrono::milliseconds> to_optional_milliseconds(nb::handle value,
                                                                  const char* name) {
  if (value.is_none()) return std::nullopt;
  return to_milliseconds(value, name);
}

Ed25519PrivateKey to_ed25519_key(nb::handle value, const char* name) {
  Ed25519PrivateKey key{};
  if (!nb::isinstance<nb::bytes>(value)) throw_type(name, "32 bytes", value);
  const auto bytes = nb::borrow<nb::bytes>(value);
  if (bytes.size() != key.size()) {
    throw std::invalid_argument(std::string(name) + ": " + std::to_string(bytes.size()) +
                                " bytes, not " + std::to_string(key.size()));
  }
  std::copy_n(static_cast<const std::byte*>(bytes.data()), key.size(), key.begin());
  return key;
}

std::vector<Ed25519PublicKey> to_ed25519_keys(nb::handle value, const char* name) {
  if (nb::isinstance<nb::bytes>(value) || PySequence_Check(value.ptr()) == 0) {
    throw_type(name, "a list of keys of 32 bytes", value);
  }
  std::vector<Ed25519PublicKey> keys;
  for (nb::handle key : nb::iter(nb::borrow(value))) keys.push_back(to_ed25519_key(key, name));
  return keys;
}

std::optional<std::string> to_encoder(nb::handle value, const char* name) {
  if (value.is_none()) return std::nullopt;
  if (nb::isinstance<nb::str>(value)) return nb::cast<std::string>(value);
  const nb::object digest = nb::getattr(value, "recipe_digest", nb::none());
  if (!nb::isinstance<nb::str>(digest)) {
    throw_type(name, "a ruvector.Embedder or the name of an encoder", value);
  }
  return nb::cast<std::string>(digest);
}

nb::object to_python(const Generation& generation) {
  if (generation.is_number()) return nb::int_(generation.number());
  return nb::cast(generation.text());
}

nb::object to_python(const LakeKey& key) { return nb::make_tuple(key.backend, key.collection); }

nb::object to_python(const std::vector<LakeHit>& hits) {
  KeyStrings strings;
  return hit_class.make_list(hits.size(), [&](std::size_t i) { return strings.hit(hits[i]); });
}

nb::object to_python(const std::vector<std::vector<LakeHit>>& rows) {
  return hit_class.make_list(rows.size(), [&](std::size_t i) { return to_python(rows[i]); });
}

nb::object to_python(const FederatedHits& hits) {
  nb::list searched;
  for (const LakeKey& key : hits.searched) searched.append(to_python(key));
  const nb::object type = lake_type("FederatedHits");
  nb::list skipped;
  for (const FederatedHits::Skipped& one : hits.skipped) {
    skipped.append(type.attr("Skipped")(to_python(one.key), one.reason));
  }
  return type(to_python(hits.hits), nb::tuple(searched), nb::tuple(skipped));
}

nb::object to_python(RefreshResult result) {
  constexpr const char* kNames[] = {"UP_TO_DATE", "INVALIDATED", "BUNDLE_MISSING"};
  return lake_type("RefreshResult").attr(kNames[static_cast<int>(result)]);
}

nb::object to_python(const PerBackendStats& stats) {
  return lake_type("PerBackendStats")(stats.hits, stats.misses, stats.primes, stats.invalidations,
                                      stats.shared_hits);
}

nb::object to_python(const CacheStats& stats) {
  return lake_type("CacheStats")(
      stats.hits, stats.misses, stats.primes, stats.invalidations, stats.shared_hits,
      stats.warm_installs, stats.evictions, stats.checks, stats.pulls, stats.incremental,
      stats.failures, stats.total_prime_ms, stats.last_prime_ms, stats.entries, stats.bytes);
}

nb::object to_python(const PulledBatch& batch) {
  return nb::module_::import_("ruvector.backend")
      .attr("PulledBatch")(to_numpy(batch.ids, 1), to_numpy(batch.vectors, 2),
                           to_python(batch.generation));
}

}  // namespace ruvector::bindings
