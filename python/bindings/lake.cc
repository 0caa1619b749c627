// RuLake: its backends, its cache, its files. Searches are in lake_search.cc, sessions in
// lake_session.cc, the builder in lake_builder.cc.
#include "ruvector/lake/lake.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "gc.h"
#include "gil.h"
#include "lake_docs.h"
#include "lake_handle.h"
#include "lake_rooms.h"
#include "lake_values.h"
#include "numbers.h"
#include "rooms.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;
using Path = std::filesystem::path;

// Calls `function` with the lake while other Python threads run.
template <class Function>
auto unlocked(const LakeHandle& self, Function&& function) {
  const RuLake& lake = self.lake();
  const ReleasedGil released;
  return function(lake);
}

void set_consistency(LakeHandle& self, nb::handle key, nb::handle consistency, nb::handle ttl_ms) {
  const LakeKey wanted = to_key(key, "key");
  std::optional<Consistency> mode;
  if (!consistency.is_none()) mode = to_consistency(consistency, "consistency");
  const auto ttl = to_optional_milliseconds(ttl_ms, "ttl_ms");
  RuLake& lake = self.lake();
  const ReleasedGil released;
  lake.set_consistency(wanted, mode, ttl);
}

Path publish_bundle(const LakeHandle& self, nb::handle key, const Path& directory) {
  const LakeKey wanted = to_key(key, "key");
  return unlocked(self, [&](const RuLake& lake) { return lake.publish_bundle(wanted, directory); });
}

nb::object refresh(const LakeHandle& self, nb::handle key, const Path& directory, bool lenient) {
  const LakeKey wanted = to_key(key, "key");
  return to_python(unlocked(self, [&](const RuLake& lake) {
    return lake.refresh_from_bundle_dir(wanted, directory, lenient);
  }));
}

Path save(const LakeHandle& self, nb::handle key, const Path& directory) {
  const LakeKey wanted = to_key(key, "key");
  return unlocked(self,
                  [&](const RuLake& lake) { return lake.save_cache_to_dir(wanted, directory); });
}

std::size_t warm(const LakeHandle& self, nb::handle key, const Path& directory, bool lenient,
                 bool verify) {
  const LakeKey wanted = to_key(key, "key");
  return unlocked(self, [&](const RuLake& lake) {
    return lake.warm_from_dir(wanted, directory, lenient, verify);
  });
}

// An object that is no key is not cached.
bool contains(const LakeHandle& self, nb::handle key) {
  LakeKey wanted;
  try {
    wanted = to_key(key, "key");
  } catch (const nb::builtin_exception&) {
    return false;
  }
  return unlocked(self, [&](const RuLake& lake) { return lake.contains(wanted); });
}

nb::dict stats_by_backend(const LakeHandle& self) {
  nb::dict stats;
  for (const auto& [backend, counted] :
       unlocked(self, [](const RuLake& lake) { return lake.cache_stats_by_backend(); })) {
    stats[nb::cast(backend)] = to_python(counted);
  }
  return stats;
}

nb::dict stats_by_collection(const LakeHandle& self) {
  nb::dict stats;
  for (const auto& [key, counted] :
       unlocked(self, [](const RuLake& lake) { return lake.cache_stats_by_collection(); })) {
    stats[to_python(key)] = to_python(counted);
  }
  return stats;
}

nb::object repr(const LakeHandle& self) {
  const auto ids = unlocked(self, [](const RuLake& lake) { return lake.backend_ids(); });
  const auto entries = unlocked(self, [](const RuLake& lake) { return lake.cache_entry_count(); });
  return nb::str("RuLake(backends={!r}, cached={})").attr("format")(ids, entries);
}

void bind_backends(nb::class_<LakeHandle>& c) {
  c.def("register_backend", &LakeHandle::register_backend, "backend"_a.none(),
        nb::sig("def register_backend(self, backend: BackendAdapter | NativeBackend) -> None"),
        docs::kRegisterBackend);
  c.def("unregister_backend", &LakeHandle::unregister_backend, "backend"_a,
        nb::sig("def unregister_backend(self, backend: str) -> None"), docs::kUnregisterBackend);
  c.def(
      "backend_ids",
      [](const LakeHandle& self) {
        return unlocked(self, [](const RuLake& lake) { return lake.backend_ids(); });
      },
      nb::sig("def backend_ids(self) -> list[str]"), "Names of the backends, sorted.");
  c.def("set_consistency", &set_consistency, "key"_a.none(), "consistency"_a.none(), nb::kw_only(),
        "ttl_ms"_a = nb::none(),
        nb::sig("def set_consistency(self, key: LakeKey, consistency: Consistency | None, *, "
                "ttl_ms: int | None = None) -> None"),
        docs::kSetConsistency);
}

void bind_files(nb::class_<LakeHandle>& c) {
  c.def("publish_bundle", &publish_bundle, "key"_a.none(), "directory"_a,
        nb::sig("def publish_bundle(self, key: LakeKey, directory: str | os.PathLike[str]) "
                "-> Path"),
        docs::kPublishBundle);
  c.def("refresh_from_bundle_dir", &refresh, "key"_a.none(), "directory"_a, nb::kw_only(),
        "lenient"_a = false,
        nb::sig("def refresh_from_bundle_dir(self, key: LakeKey, "
                "directory: str | os.PathLike[str], *, lenient: bool = False) -> RefreshResult"),
        docs::kRefresh);
  c.def("save_cache_to_dir", &save, "key"_a.none(), "directory"_a,
        nb::sig("def save_cache_to_dir(self, key: LakeKey, directory: str | os.PathLike[str]) "
                "-> Path"),
        docs::kSaveCache);
  c.def("warm_from_dir", &warm, "key"_a.none(), "directory"_a, nb::kw_only(), "lenient"_a = false,
        "verify"_a = false,
        nb::sig("def warm_from_dir(self, key: LakeKey, directory: str | os.PathLike[str], *, "
                "lenient: bool = False, verify: bool = False) -> int"),
        docs::kWarm);
}

void bind_cache(nb::class_<LakeHandle>& c) {
  c.def(
      "invalidate_cache",
      [](const LakeHandle& self, nb::handle key) {
        const LakeKey wanted = to_key(key, "key");
        unlocked(self, [&](const RuLake& lake) { lake.invalidate_cache(wanted); });
      },
      "key"_a.none(), nb::sig("def invalidate_cache(self, key: LakeKey) -> None"),
      "Drop what is cached of a collection, if anything is.");
  c.def(
      "cache_stats",
      [](const LakeHandle& self) {
        return to_python(unlocked(self, [](const RuLake& lake) { return lake.cache_stats(); }));
      },
      nb::sig("def cache_stats(self) -> CacheStats"), docs::kCacheStats);
  c.def("cache_stats_by_backend", &stats_by_backend,
        nb::sig("def cache_stats_by_backend(self) -> dict[str, PerBackendStats]"),
        "The counters of each backend that was searched.");
  c.def("cache_stats_by_collection", &stats_by_collection,
        nb::sig("def cache_stats_by_collection(self) -> dict[LakeKey, PerBackendStats]"),
        "The counters of each collection that was searched.");
  c.def(
      "cache_witness_of",
      [](const LakeHandle& self, nb::handle key) {
        const LakeKey wanted = to_key(key, "key");
        return unlocked(self, [&](const RuLake& lake) { return lake.cache_witness_of(wanted); });
      },
      "key"_a.none(), nb::sig("def cache_witness_of(self, key: LakeKey) -> str | None"),
      "The witness of what is cached of a collection; None when nothing is.");
  c.def(
      "cache_entry_count",
      [](const LakeHandle& self) {
        return unlocked(self, [](const RuLake& lake) { return lake.cache_entry_count(); });
      },
      nb::sig("def cache_entry_count(self) -> int"), "How many versions are cached.");
  c.def(
      "cache_refcount_of",
      [](const LakeHandle& self, nb::handle witness) {
        const std::string wanted = to_name(witness, "witness");
        return unlocked(self, [&](const RuLake& lake) { return lake.cache_refcount_of(wanted); });
      },
      "witness"_a.none(), nb::sig("def cache_refcount_of(self, witness: str) -> int"),
      "How many collections the version with this witness serves.");
  c.def("__contains__", &contains, "key"_a.none(),
        nb::sig("def __contains__(self, key: object) -> bool"), "Whether a collection is cached.");
  c.def("__repr__", &repr, nb::sig("def __repr__(self) -> str"));
}

}  // namespace

void init_lake(nb::module_& m) {
  nb::class_<LakeHandle> c(m, "RuLake", nb::is_final(), nb::is_weak_referenceable(),
                           nb::type_slots(gc_slots<LakeHandle>),
                           nb::sig("@final\nclass RuLake(object)"), docs::kRuLake);
  c.def(
      "__init__", [](LakeHandle* self) { new (self) LakeHandle(LakeParams{}); },
      nb::sig("def __init__(self) -> None"));
  bind_backends(c);
  bind_lake_search(c);
  bind_files(c);
  bind_cache(c);
  bind_lake_session(m, c);
  bind_lake_builder(m, c);
}

}  // namespace ruvector::bindings
