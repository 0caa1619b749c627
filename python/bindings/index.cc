// The surface that all indexes share; building and loading is in index_classes.cc.
// Every call that takes the index's lock lets go of the GIL: a writer that holds the lock may be
// waiting for the GIL to report its progress.
#include "ruvector/index/index.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>

#include <cstring>
#include <memory>
#include <new>
#include <optional>

#include "arrays.h"
#include "gil.h"
#include "index_docs.h"
#include "numbers.h"
#include "progress.h"
#include "results.h"
#include "rooms.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;
using Unlocked = nb::call_guard<ReleasedGil>;
using Path = std::filesystem::path;

template <class Function>
auto unlocked(Function&& function) {
  const ReleasedGil released;
  return function();
}

SearchParams search_params(const FilterInput& filter, nb::handle confidence,
                           nb::handle rerank_factor, nb::handle radius, nb::handle recall,
                           nb::handle nprobe, nb::handle threads) {
  return {.filter = filter.filter(),
          .confidence = to_optional_float(confidence, "confidence"),
          .rerank_factor = to_optional<std::uint32_t>(rerank_factor, "rerank_factor"),
          .radius = to_optional_float(radius, "radius"),
          .recall = to_optional_float(recall, "recall"),
          .nprobe = to_optional<std::size_t>(nprobe, "nprobe"),
          .threads = to_optional<std::size_t>(threads, "threads")};
}

nb::object search(const Index& self, nb::handle query, nb::handle k, nb::handle filter,
                  nb::handle confidence, nb::handle rerank_factor, nb::handle radius,
                  nb::handle recall, nb::handle nprobe, nb::handle threads, bool stats) {
  const VectorInput vector(query, "query");
  const FilterInput allowed(filter);
  const SearchParams params =
      search_params(allowed, confidence, rerank_factor, radius, recall, nprobe, threads);
  const auto wanted = to_unsigned<std::size_t>(k, "k");
  SearchStats read;
  const nb::object hits = to_python(unlocked(
      [&] { return self.search(vector.values(), wanted, params, stats ? &read : nullptr); }));
  return stats ? nb::make_tuple(hits, to_python(read)) : hits;
}

// For `k` hits of each of `rows` queries; MemoryError names both numbers.
template <class T>
std::unique_ptr<T[]> room_for_hits(std::size_t rows, std::size_t k) {
  try {
    std::size_t count = 0;
    if (__builtin_mul_overflow(rows, k, &count)) throw std::bad_alloc();
    return std::make_unique_for_overwrite<T[]>(count);
  } catch (const std::bad_alloc&) {
    PyErr_Format(PyExc_MemoryError, "search_batch: no memory for %zu hits of each of %zu queries",
                 k, rows);
    throw nb::python_error();
  }
}

nb::object search_batch(const Index& self, nb::handle queries, nb::handle k, nb::handle filter,
                        nb::handle confidence, nb::handle rerank_factor, nb::handle radius,
                        nb::handle recall, nb::handle nprobe, nb::handle threads, bool stats) {
  const MatrixInput matrix(queries, "queries");
  const FilterInput allowed(filter);
  const SearchParams params =
      search_params(allowed, confidence, rerank_factor, radius, recall, nprobe, threads);
  const auto wanted = to_unsigned<std::size_t>(k, "k");
  const std::size_t rows = matrix.view().rows;
  const std::size_t count = rows * wanted;
  auto ids = room_for_hits<Id>(rows, wanted);
  auto scores = room_for_hits<float>(rows, wanted);
  SearchStats read;
  unlocked([&] {
    self.search_batch(matrix.view(), wanted, {ids.get(), count}, {scores.get(), count}, params,
                      stats ? &read : nullptr);
  });
  const nb::object ids_array = to_numpy(std::move(ids), {rows, wanted});
  const nb::object scores_array = to_numpy(std::move(scores), {rows, wanted});
  return stats ? nb::make_tuple(ids_array, scores_array, to_python(read))
               : nb::make_tuple(ids_array, scores_array);
}

nb::object vector_of(const Index& self, nb::handle id) {
  const auto wanted = to_unsigned<Id>(id, "id");
  const std::vector<float> vector = unlocked([&] { return self.vector(wanted); });
  auto copy = std::make_unique_for_overwrite<float[]>(vector.size());
  std::copy(vector.begin(), vector.end(), copy.get());
  return to_numpy(std::move(copy), {vector.size()});
}

// NumPy's array protocol: the rows in place, unless another type or a copy is asked for.
nb::object array_of(const Index& self, nb::handle dtype, nb::handle copy) {
  const nb::object rows = to_numpy(unlocked([&] { return self.rows(); }), 2);
  if (dtype.is_none() || rows.attr("dtype").equal(dtype)) {
    return copy.ptr() == Py_True ? rows.attr("copy")() : rows;
  }
  if (copy.ptr() == Py_False) {
    throw nb::value_error("__array__: another dtype than float32 needs a copy");
  }
  return rows.attr("astype")(dtype);
}

// Pairs from one state of the index, whatever other threads do to it.
nb::object iterate(const Index& self) {
  const auto [ids, rows] = unlocked([&] {
    const Index snapshot(self);
    return std::pair(snapshot.ids(), snapshot.rows());
  });
  const nb::module_ builtins = nb::module_::import_("builtins");
  return builtins.attr("zip")(builtins.attr("map")(builtins.attr("int"), to_numpy(ids, 1)),
                              to_numpy(rows, 2));
}

// An object that is no id is in no index.
bool contains(const Index& self, nb::handle id) {
  if (PyIndex_Check(id.ptr()) == 0) return false;
  try {
    const auto wanted = to_unsigned<Id>(id, "id");
    return unlocked([&] { return self.contains(wanted); });
  } catch (const std::invalid_argument&) {
    return false;
  }
}

nb::object equals(const Index& self, nb::handle other) {
  if (!nb::isinstance<Index>(other)) return nb::borrow(Py_NotImplemented);
  const Index& that = nb::cast<const Index&>(other);
  return nb::bool_(unlocked([&] { return self.equals(that); }));
}

nb::dict memory_usage(const Index& self) {
  nb::dict regions;
  for (const auto& [name, bytes] : unlocked([&] { return self.memory_usage(); })) {
    regions[name.c_str()] = bytes;
  }
  return regions;
}

const char* metric_name(const Index& self) {
  constexpr const char* kNames[] = {"l2", "ip", "cosine"};
  return kNames[static_cast<std::uint32_t>(self.metric())];
}

nb::object serialize(const Index& self) {
  const std::vector<std::byte> image = unlocked([&] { return self.serialize(); });
  const auto size = static_cast<Py_ssize_t>(image.size());
  PyObject* bytes = PyBytes_FromStringAndSize(nullptr, size);
  if (bytes == nullptr) nb::raise_python_error();
  // Nobody else has the object yet, so it may be filled while others hold the lock.
  char* target = PyBytes_AsString(bytes);
  unlocked([&] { std::memcpy(target, image.data(), image.size()); });
  return nb::steal(bytes);
}

nb::object repr(nb::handle self) {
  return nb::str("{}(n={}, dim={}, metric='{}', bits={}, memory_bytes={:_})")
      .attr("format")(self.type().attr("__name__"), self.attr("__len__")(), self.attr("dim"),
                      self.attr("metric"), self.attr("bits"), self.attr("memory_bytes"));
}

void add(Index& self, nb::handle id, nb::handle vector) {
  const VectorInput values(vector, "vector");
  const auto new_id = to_unsigned<Id>(id, "id");
  unlocked([&] { self.add(new_id, values.values()); });
}

void add_batch(Index& self, nb::handle ids, nb::handle vectors, nb::handle progress) {
  const IdsInput new_ids(ids, "ids");
  const MatrixInput matrix(vectors, "vectors");
  ProgressBridge bridge(progress, "add_batch");
  unlocked([&] { self.add_batch(new_ids.values(), matrix.view(), bridge.callback()); });
}

void remove(Index& self, nb::handle ids) {
  const IdsInput old_ids(ids, "ids");
  unlocked([&] { self.remove(old_ids.values()); });
}

void bind_search(nb::class_<Index>& c) {
  c.def("search", &search, "query"_a.none(), "k"_a.none(), nb::kw_only(), "filter"_a = nb::none(),
        "confidence"_a = nb::none(), "rerank_factor"_a = nb::none(), "radius"_a = nb::none(),
        "recall"_a = nb::none(), "nprobe"_a = nb::none(), "threads"_a = nb::none(),
        "stats"_a = false, nb::sig(docs::kSearchSignature), docs::kSearch);
  c.def("search_batch", &search_batch, "queries"_a.none(), "k"_a.none(), nb::kw_only(),
        "filter"_a = nb::none(), "confidence"_a = nb::none(), "rerank_factor"_a = nb::none(),
        "radius"_a = nb::none(), "recall"_a = nb::none(), "nprobe"_a = nb::none(),
        "threads"_a = nb::none(), "stats"_a = false, nb::sig(docs::kSearchBatchSignature),
        docs::kSearchBatch);
}

void bind_changes(nb::class_<Index>& c) {
  c.def("add", &add, "id"_a.none(), "vector"_a.none(),
        nb::sig("def add(self, id: int, vector: Vector) -> None"), docs::kAdd);
  c.def("add_batch", &add_batch, "ids"_a.none(), "vectors"_a.none(), nb::kw_only(),
        "progress"_a = nb::none(),
        nb::sig("def add_batch(self, ids: IdsLike, vectors: Matrix, *, "
                "progress: Progress = None) -> None"),
        docs::kAddBatch);
  c.def("remove", &remove, "ids"_a.none(), nb::sig("def remove(self, ids: IdsLike) -> None"),
        docs::kRemove);
  c.def("compact", &Index::compact, Unlocked(), nb::sig("def compact(self) -> None"),
        docs::kCompact);
  c.def("save", &Index::save, "path"_a, Unlocked(),
        nb::sig("def save(self, path: str | os.PathLike[str]) -> None"), docs::kSave);
  c.def("serialize", &serialize, nb::sig("def serialize(self) -> bytes"), docs::kSerialize);
}

void bind_container(nb::class_<Index>& c) {
  c.def("__len__", &Index::size, Unlocked(), nb::sig("def __len__(self) -> int"));
  c.def("__contains__", &contains, "id"_a.none(),
        nb::sig("def __contains__(self, id: object) -> bool"));
  c.def("__getitem__", &vector_of, "id"_a.none(),
        nb::sig("def __getitem__(self, id: int) -> NDArray[numpy.float32]"), docs::kGetItem);
  c.def("__iter__", &iterate,
        nb::sig("def __iter__(self) -> Iterator[tuple[int, NDArray[numpy.float32]]]"), docs::kIter);
  c.def("__array__", &array_of, "dtype"_a = nb::none(), "copy"_a = nb::none(),
        nb::sig("def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) "
                "-> NDArray[Any]"),
        docs::kArray);
  c.def("__eq__", &equals, "other"_a, nb::sig("def __eq__(self, other: object, /) -> bool"),
        docs::kEquals);
  c.attr("__hash__") = nb::none();
  c.def("__repr__", &repr, nb::sig("def __repr__(self) -> str"));
}

void bind_properties(nb::class_<Index>& c) {
  c.def_prop_ro("dim", &Index::dim, Unlocked(), nb::sig("def dim(self) -> int"),
                "Dimensions of a vector.");
  c.def_prop_ro("metric", &metric_name, Unlocked(), nb::sig("def metric(self) -> MetricName"),
                "How near two vectors are: ``'l2'``, ``'ip'`` or ``'cosine'``.");
  c.def_prop_ro("seed", &Index::seed, Unlocked(), nb::sig("def seed(self) -> int"),
                "Seed of the random rotation.");
  c.def_prop_ro("bits", &Index::bits, Unlocked(), nb::sig("def bits(self) -> int"),
                "Bits of a code for each dimension; 32 where there are no codes.");
  c.def_prop_ro(
      "rerank_factor",
      [](const Index& self) -> nb::object {
        const auto factor = unlocked([&] { return self.rerank_factor(); });
        return factor ? nb::object(nb::int_(*factor)) : nb::none();
      },
      nb::sig("def rerank_factor(self) -> int | None"),
      "Exact distances for each wanted hit; None: the error bound decides.");
  c.def_prop_ro("keeps_rows", &Index::keeps_rows, Unlocked(),
                nb::sig("def keeps_rows(self) -> bool"),
                "Whether the index can give its vectors back.");
  c.def_prop_ro(
      "ids", [](const Index& self) { return to_numpy(unlocked([&] { return self.ids(); }), 1); },
      nb::sig("def ids(self) -> NDArray[numpy.uint64]"), docs::kIds);
  c.def_prop_ro("memory_bytes", &Index::memory_bytes, Unlocked(),
                nb::sig("def memory_bytes(self) -> int"), "Bytes that the index holds.");
  c.def("memory_usage", &memory_usage, nb::sig("def memory_usage(self) -> dict[str, int]"),
        docs::kMemoryUsage);
}

}  // namespace

void init_index(nb::module_& m) {
  nb::class_<Index> c(m, "Index", docs::kIndex);
  bind_search(c);
  bind_changes(c);
  bind_container(c);
  bind_properties(c);
}

}  // namespace ruvector::bindings
