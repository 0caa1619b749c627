// The four indexes: building, loading, pickling, copying. What they share is in index.cc.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "arrays.h"
#include "gil.h"
#include "index_docs.h"
#include "metric.h"
#include "numbers.h"
#include "progress.h"
#include "rooms.h"
#include "row_chunks.h"
#include "ruvector/index/flat_f32_index.h"
#include "ruvector/index/rabitq_index.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;
using Unlocked = nb::call_guard<ReleasedGil>;
using Path = std::filesystem::path;

std::optional<std::size_t> to_partitions(nb::handle value) {
  if (nb::isinstance<nb::str>(value)) {
    const std::string word = nb::cast<std::string>(value);
    if (word == "auto") return kAutoPartitions;
    throw std::invalid_argument("partitions is '" + word + "', neither a number nor 'auto'");
  }
  const auto number = to_optional<std::size_t>(value, "partitions");
  if (number == kAutoPartitions) {
    throw std::invalid_argument("partitions is 0, not in 1.." + std::to_string(kMaxPartitions));
  }
  return number;
}

std::optional<RowsPlace> to_rows_place(nb::handle value) {
  if (value.is_none()) return std::nullopt;
  const std::string word = nb::isinstance<nb::str>(value) ? nb::cast<std::string>(value) : "";
  if (word == "copy") return RowsPlace::copy;
  if (word == "mapped") return RowsPlace::mapped;
  if (word == "none") return RowsPlace::none;
  throw std::invalid_argument("rows is " + nb::cast<std::string>(nb::repr(value)) +
                              ", not 'copy', 'mapped' or 'none'");
}

// What `build` and `build_from` are told beside the vectors, kept while they run.
class BuildOptions {
 public:
  BuildOptions(nb::handle ids, nb::handle seed, const std::string& metric, nb::handle rerank_factor,
               nb::handle bits, nb::handle partitions, nb::handle threads, nb::handle progress)
      : ids_(ids.is_none() ? nb::object(nb::tuple()) : nb::borrow(ids), "ids"),
        ids_are_given_(!ids.is_none()),
        bridge_(progress, "build"),
        params_{.ids = ids_.values(),
                .seed = to_unsigned<std::uint64_t>(seed, "seed"),
                .metric = to_metric(metric),
                .rerank_factor = to_optional<std::uint32_t>(rerank_factor, "rerank_factor"),
                .bits = to_optional<std::uint32_t>(bits, "bits"),
                .partitions = to_partitions(partitions),
                .threads = to_optional<std::size_t>(threads, "threads"),
                .progress = bridge_.callback()} {}

  const BuildParams& params() const { return params_; }
  // In C++ no ids mean 0, 1, 2, ...; an empty array of ids is a mistake.
  void require_ids_for(std::size_t rows) const {
    if (!ids_are_given_ || !ids_.values().empty() || rows == 0) return;
    throw std::invalid_argument("ids: 0 ids for " + std::to_string(rows) + " vectors");
  }

 private:
  IdsInput ids_;
  bool ids_are_given_;
  ProgressBridge bridge_;
  BuildParams params_;
};

template <class T>
T build(nb::handle vectors, nb::handle ids, nb::handle seed, const std::string& metric,
        nb::handle rerank_factor, nb::handle bits, nb::handle partitions, nb::handle threads,
        nb::handle progress) {
  const MatrixInput matrix(vectors, "vectors");
  const BuildOptions options(ids, seed, metric, rerank_factor, bits, partitions, threads, progress);
  options.require_ids_for(matrix.view().rows);
  const ReleasedGil unlocked;
  return T::build(matrix.view(), options.params());
}

template <class T>
T build_from_array(nb::handle array, const RowsParams& where, const BuildOptions& options) {
  const MatrixInput matrix(array, "chunks");
  const MatrixView view = matrix.view();
  options.require_ids_for(view.rows);
  SharedArray<float> rows{nullptr, view.data, view.rows, view.cols, view.cols};
  if (where.rows == RowsPlace::mapped && !where.path) rows = shared_in_place(array, matrix);
  const ReleasedGil unlocked;
  return T::build_from(rows, where, options.params());
}

template <class T>
T build_from(nb::handle chunks, nb::handle ids, nb::handle rows, const std::optional<Path>& path,
             nb::handle seed, const std::string& metric, nb::handle rerank_factor, nb::handle bits,
             nb::handle partitions, nb::handle threads, nb::handle progress) {
  const RowsParams where{to_rows_place(rows), path};
  const BuildOptions options(ids, seed, metric, rerank_factor, bits, partitions, threads, progress);
  if (is_array(chunks)) return build_from_array<T>(chunks, where, options);
  ChunkReader reader(chunks);
  const auto next = [&] {
    std::optional<MatrixView> chunk = reader.next();
    if (chunk) options.require_ids_for(chunk->rows);
    return chunk;
  };
  const ReleasedGil unlocked;
  return T::build_from(RowChunks(next), where, options.params());
}

template <class T>
T deserialize(nb::handle data) {
  const BytesInput image(data, "data");
  const ReleasedGil unlocked;
  return T::deserialize(image.values());
}

template <class T>
nb::object copy(const T& self) {
  return nb::cast([&] {
    const ReleasedGil unlocked;
    return T(self);
  }());
}

// (restore, (class name, bytes)), with public names only, so that old pickles outlive refactoring.
nb::object reduce(nb::handle self) {
  return nb::make_tuple(nb::module_::import_("ruvector.index").attr("restore"),
                        nb::make_tuple(self.type().attr("__name__"), self.attr("serialize")()));
}

template <class T, class Base>
void bind_build_from(nb::class_<T, Base>& c, const std::string& name) {
  const std::string signature =
      "def build_from(chunks: Matrix | Iterable[Matrix], *, ids: IdsLike | None = None, rows: "
      "Literal['copy', 'mapped', 'none'] | None = None, path: str | os.PathLike[str] | None = "
      "None, seed: int = 42, metric: MetricName = 'l2', rerank_factor: int | None = None, bits: "
      "int | None = None, partitions: int | Literal['auto'] | None = None, threads: int | None = "
      "None, progress: Progress = None) -> " +
      name;
  c.def_static("build_from", &build_from<T>, "chunks"_a.none(), nb::kw_only(), "ids"_a = nb::none(),
               "rows"_a = nb::none(), "path"_a = nb::none(), "seed"_a = 42, "metric"_a = "l2",
               "rerank_factor"_a = nb::none(), "bits"_a = nb::none(), "partitions"_a = nb::none(),
               "threads"_a = nb::none(), "progress"_a = nb::none(), nb::sig(signature.c_str()),
               docs::kBuildFrom);
}

template <class T, class Base>
nb::class_<T, Base> bind_index(nb::module_& m, const std::string& name, const char* doc) {
  const std::string returns = " -> " + name;
  const std::string build_signature =
      "def build(vectors: Matrix, *, ids: IdsLike | None = None, seed: int = 42, "
      "metric: MetricName = 'l2', rerank_factor: int | None = None, bits: int | None = None, "
      "partitions: int | Literal['auto'] | None = None, threads: int | None = None, progress: "
      "Progress = None)" +
      returns;
  const std::string load_signature =
      "def load(path: str | os.PathLike[str], *, verify: bool = False)" + returns;
  const std::string parent = std::is_same_v<Base, Index> ? "Index" : "RabitqIndexBase";
  const std::string class_signature = "@final\nclass " + name + "(" + parent + ")";
  nb::class_<T, Base> c(m, name.c_str(), nb::is_final(), nb::sig(class_signature.c_str()), doc);
  c.def_static("build", &build<T>, "vectors"_a.none(), nb::kw_only(), "ids"_a = nb::none(),
               "seed"_a = 42, "metric"_a = "l2", "rerank_factor"_a = nb::none(),
               "bits"_a = nb::none(), "partitions"_a = nb::none(), "threads"_a = nb::none(),
               "progress"_a = nb::none(), nb::sig(build_signature.c_str()), docs::kBuild);
  if constexpr (!std::is_same_v<Base, Index>) bind_build_from(c, name);
  c.def_static(
      "load", [](const Path& path, bool verify) { return T::load(path, {verify}); }, "path"_a,
      nb::kw_only(), "verify"_a = false, Unlocked(), nb::sig(load_signature.c_str()), docs::kLoad);
  c.def_static("deserialize", &deserialize<T>, "data"_a.none(),
               nb::sig(("def deserialize(data: Buffer)" + returns).c_str()), docs::kDeserialize);
  c.def("__copy__", &copy<T>, nb::sig(("def __copy__(self)" + returns).c_str()),
        "An independent index that shares memory until one of the two is changed.");
  c.def(
      "__deepcopy__", [](const T& self, nb::handle) { return copy(self); }, "memo"_a.none(),
      nb::sig(("def __deepcopy__(self, memo: object)" + returns).c_str()));
  c.def("__reduce__", &reduce, nb::sig("def __reduce__(self) -> tuple[Any, ...]"));
  return c;
}

}  // namespace

void init_index_classes(nb::module_& m) {
  bind_index<FlatF32Index, Index>(m, "FlatF32Index", docs::kFlat);
  nb::class_<RabitqIndexBase, Index>(m, "RabitqIndexBase", "What the indexes with codes share.")
      .def_prop_ro("codes", &RabitqIndexBase::codes, Unlocked(),
                   nb::sig("def codes(self) -> BinaryCodes"),
                   "The codes, ids and norms by slot, without a copy.")
      .def_prop_ro(
          "partitions",
          [](const RabitqIndexBase& self) -> nb::object {
            const std::optional<std::size_t> lists = [&] {
              const ReleasedGil unlocked;
              return self.partitions();
            }();
            return lists ? nb::object(nb::int_(*lists)) : nb::none();
          },
          nb::sig("def partitions(self) -> int | None"), docs::kPartitions)
      .def(
          "calibrate",
          [](RabitqIndexBase& self, nb::handle queries) {
            const MatrixInput matrix(queries, "queries");
            const ReleasedGil unlocked;
            self.calibrate(matrix.view());
          },
          "queries"_a.none(), nb::sig("def calibrate(self, queries: Matrix) -> None"),
          docs::kCalibrate)
      .def("rotation", &RabitqIndexBase::rotation, Unlocked(),
           nb::sig("def rotation(self) -> Rotation"), "The random rotation, an opaque handle.");
  bind_index<RabitqIndex, RabitqIndexBase>(m, "RabitqIndex", docs::kRabitq);
  bind_index<RabitqPlusIndex, RabitqIndexBase>(m, "RabitqPlusIndex", docs::kPlus)
      .def("save_v1", &RabitqPlusIndex::save_v1, "path"_a, Unlocked(),
           nb::sig("def save_v1(self, path: str | os.PathLike[str]) -> None"), docs::kSaveV1);
  bind_index<RabitqAsymIndex, RabitqIndexBase>(m, "RabitqAsymIndex", docs::kAsym);
}

}  // namespace ruvector::bindings
