// LocalBackend and FsBackend, and what all native backends share.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <optional>

#include "arrays.h"
#include "gil.h"
#include "lake_values.h"
#include "native_backend.h"
#include "numbers.h"
#include "rooms.h"
#include "ruvector/lake/fs_backend.h"
#include "ruvector/lake/local_backend.h"
#include "store_docs.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;
using Local = NativeBackendOf<LocalBackend>;
using Fs = NativeBackendOf<FsBackend>;

template <class Function>
auto unlocked(Function&& function) {
  const ReleasedGil released;
  return function();
}

nb::object current_bundle(const NativeBackend& self, const std::string& collection,
                          nb::handle rotation_seed, nb::handle rerank_factor) {
  const auto seed = to_unsigned<std::uint64_t>(rotation_seed, "rotation_seed");
  const auto factor = to_unsigned<std::uint64_t>(rerank_factor, "rerank_factor");
  const auto bundle =
      unlocked([&] { return self.backend->current_bundle(collection, seed, factor); });
  return bundle ? nb::cast(*bundle) : nb::none();
}

void bind_native(nb::module_& m) {
  nb::class_<NativeBackend>(m, "NativeBackend", docs::kNativeBackend)
      .def_prop_ro(
          "id", [](const NativeBackend& self) { return self.backend->id(); },
          nb::sig("def id(self) -> str"), "Name of the backend in a lake.")
      .def(
          "list_collections",
          [](const NativeBackend& self) {
            return unlocked([&] { return self.backend->list_collections(); });
          },
          nb::sig("def list_collections(self) -> list[str]"), "The collections, sorted.")
      .def(
          "pull_vectors",
          [](const NativeBackend& self, const std::string& collection) {
            return to_python(unlocked([&] { return self.backend->pull_vectors(collection); }));
          },
          "collection"_a, nb::sig("def pull_vectors(self, collection: str) -> PulledBatch"),
          docs::kPullVectors)
      .def(
          "generation",
          [](const NativeBackend& self, const std::string& collection) {
            return to_python(unlocked([&] { return self.backend->generation(collection); }));
          },
          "collection"_a, nb::sig("def generation(self, collection: str) -> int | str"),
          docs::kGeneration)
      .def(
          "data_ref",
          [](const NativeBackend& self, const std::string& collection) {
            return unlocked([&] { return self.backend->data_ref(collection); });
          },
          "collection"_a, nb::sig("def data_ref(self, collection: str) -> str"),
          "Where the data lie; part of the witness.")
      .def("current_bundle", &current_bundle, "collection"_a, "rotation_seed"_a, "rerank_factor"_a,
           nb::sig("def current_bundle(self, collection: str, rotation_seed: int, "
                   "rerank_factor: int) -> RuLakeBundle | None"),
           docs::kCurrentBundle);
}

void upsert(const Local& self, const std::string& collection, nb::handle ids, nb::handle vectors) {
  const IdsInput new_ids(ids, "ids");
  const MatrixInput rows(vectors, "vectors");
  unlocked([&] { self.get().upsert(collection, new_ids.values(), rows.view()); });
}

void remove(const Local& self, const std::string& collection, nb::handle ids) {
  const IdsInput old_ids(ids, "ids");
  unlocked([&] { self.get().remove(collection, old_ids.values()); });
}

nb::object local_repr(const Local& self) {
  const std::vector<std::string> names = unlocked([&] { return self.get().list_collections(); });
  return nb::str("LocalBackend({!r}, collections={!r})").attr("format")(self.get().id(), names);
}

void bind_local(nb::module_& m) {
  nb::class_<Local, NativeBackend>(m, "LocalBackend", nb::is_final(),
                                   nb::sig("@final\nclass LocalBackend(NativeBackend)"),
                                   docs::kLocalBackend)
      .def(
          "__init__",
          [](Local* self, const std::string& name) {
            new (self) Local(std::make_shared<LocalBackend>(name));
          },
          "name"_a, nb::sig("def __init__(self, name: str) -> None"))
      .def("upsert", &upsert, "collection"_a, "ids"_a.none(), "vectors"_a.none(),
           nb::sig("def upsert(self, collection: str, ids: IdsLike, vectors: Matrix) -> None"),
           docs::kUpsert)
      .def("remove", &remove, "collection"_a, "ids"_a.none(),
           nb::sig("def remove(self, collection: str, ids: IdsLike) -> None"), docs::kLocalRemove)
      .def(
          "drop",
          [](const Local& self, const std::string& collection) {
            unlocked([&] { self.get().drop(collection); });
          },
          "collection"_a, nb::sig("def drop(self, collection: str) -> None"), docs::kDrop)
      .def(
          "size",
          [](const Local& self, const std::string& collection) {
            return unlocked([&] { return self.get().size(collection); });
          },
          "collection"_a, nb::sig("def size(self, collection: str) -> int"),
          "How many vectors a collection has.")
      .def(
          "dim",
          [](const Local& self, const std::string& collection) {
            return unlocked([&] { return self.get().dim(collection); });
          },
          "collection"_a, nb::sig("def dim(self, collection: str) -> int"),
          "Dimensions of the vectors of a collection.")
      .def("__repr__", &local_repr, nb::sig("def __repr__(self) -> str"));
}

std::filesystem::path write(const Fs& self, const std::string& collection, nb::handle ids,
                            nb::handle vectors, const std::optional<std::string>& filename) {
  const IdsInput new_ids(ids, "ids");
  const MatrixInput rows(vectors, "vectors");
  return unlocked([&] {
    return self.get().write(collection, new_ids.values(), rows.view(), filename.value_or(""));
  });
}

void bind_fs(nb::module_& m) {
  nb::class_<Fs, NativeBackend>(m, "FsBackend", nb::is_final(),
                                nb::sig("@final\nclass FsBackend(NativeBackend)"), docs::kFsBackend)
      .def(
          "__init__",
          [](Fs* self, const std::string& name, const std::filesystem::path& root, bool full_hash,
             bool lenient, const std::string& data_ref_prefix) {
            auto backend = unlocked([&] {
              return std::make_shared<FsBackend>(name, root,
                                                 FsParams{full_hash, lenient, data_ref_prefix});
            });
            new (self) Fs(std::move(backend));
          },
          "name"_a, "root"_a, nb::kw_only(), "full_hash"_a = false, "lenient"_a = false,
          "data_ref_prefix"_a = "",
          nb::sig("def __init__(self, name: str, root: str | os.PathLike[str], *, "
                  "full_hash: bool = False, lenient: bool = False, "
                  "data_ref_prefix: str = '') -> None"))
      .def(
          "register_collection",
          [](const Fs& self, const std::string& collection, const std::string& filename) {
            unlocked([&] { self.get().register_collection(collection, filename); });
          },
          "collection"_a, "filename"_a,
          nb::sig("def register_collection(self, collection: str, filename: str) -> None"),
          docs::kRegisterCollection)
      .def("write", &write, "collection"_a, "ids"_a.none(), "vectors"_a.none(), nb::kw_only(),
           "filename"_a = nb::none(),
           nb::sig("def write(self, collection: str, ids: IdsLike, vectors: Matrix, *, "
                   "filename: str | None = None) -> Path"),
           docs::kFsWrite)
      .def(
          "__repr__",
          [](const Fs& self) { return nb::str("FsBackend({!r})").attr("format")(self.get().id()); },
          nb::sig("def __repr__(self) -> str"));
}

}  // namespace

void init_lake_backends(nb::module_& m) {
  bind_native(m);
  bind_local(m);
  bind_fs(m);
}

}  // namespace ruvector::bindings
