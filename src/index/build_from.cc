#include "index/build_from.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "base/array.h"
#include "base/path_text.h"
#include "base/temporary_folder.h"
#include "base/unnamed_file.h"
#include "index/growth.h"
#include "index/rbpx.h"
#include "index/rbpx_rows_first.h"
#include "index/validate.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/runtime.h"

namespace ruvector::index {
namespace {

const char* place_name(RowsPlace place) {
  switch (place) {
    case RowsPlace::copy:
      return "copy";
    case RowsPlace::mapped:
      return "mapped";
    case RowsPlace::none:
      return "none";
  }
  return "unknown";
}

[[noreturn]] void refuse(RowsPlace place, const std::string& why) {
  throw std::invalid_argument(std::string("rows is '") + place_name(place) + "': " + why);
}

// Where rows go, once it is certain that this kind of index can have them there.
RowsPlace place_of(Kind kind, const RowsParams& where, const BuildParams& params) {
  const bool keeps =
      kind == Kind::rabitq_plus || (kind == Kind::rabitq_asym && params.rerank_factor);
  const RowsPlace place = where.rows.value_or(keeps ? RowsPlace::copy : RowsPlace::none);
  const std::string name = kind_name(kind);
  if (keeps && place == RowsPlace::none) {
    refuse(place, "this " + name + " reads rows at every search");
  }
  if (!keeps && place != RowsPlace::none) {
    refuse(place, kind == Kind::rabitq ? "a " + name + " keeps codes only"
                                       : "a " + name + " without rerank_factor keeps codes only");
  }
  if (where.path && place != RowsPlace::mapped) {
    throw std::invalid_argument("path is " + base::path_text(*where.path) + ", and rows is '" +
                                place_name(place) + "': a path is where rows are mapped from");
  }
  return place;
}

// Of all rows so far, and of those that have come now.
void check_count(std::size_t before, std::size_t added, const BuildParams& params) {
  if (added > kMaxVectors - before) {
    throw std::invalid_argument("chunks: " + std::to_string(before) + " vectors and " +
                                std::to_string(added) + " more, above the limit of " +
                                std::to_string(kMaxVectors));
  }
  const std::size_t rows = before + added;
  if (params.ids.empty() || rows <= params.ids.size()) return;
  throw std::invalid_argument("ids: " + std::to_string(params.ids.size()) + " ids for at least " +
                              std::to_string(rows) + " vectors");
}

// Hands all chunks to take(values, count), checked, and gives their dim. What is wrong with a chunk
// is found when it comes, not when all have come.
template <class Take>
std::size_t take_all(Kind kind, const RowChunks& chunks, const BuildParams& params, Take&& take) {
  const std::size_t threads = params.threads.value_or(num_threads());
  std::size_t dim = 0;
  std::size_t rows = 0;
  std::size_t number = 0;
  for (auto chunk = chunks(); chunk; chunk = chunks(), ++number) {
    const std::string name = "chunk " + std::to_string(number);
    if (number == 0) {
      dim = chunk->cols;
      check_parameters(kind, dim, params);
    }
    if (chunk->cols != dim) throw DimensionMismatch(name, dim, chunk->cols);
    check_count(rows, chunk->rows, params);
    rows += chunk->rows;
    check_rows(name.c_str(), *chunk, params.metric, threads);
    take(chunk->data, chunk->rows * dim);
    if (params.progress) params.progress(0, rows);
  }
  if (number == 0) throw std::invalid_argument("chunks: there is none, so that dim is not known");
  return dim;
}

State build_in_memory(Kind kind, const RowChunks& chunks, const BuildParams& params) {
  base::Array<float> rows;
  const std::size_t dim =
      take_all(kind, chunks, params, [&](const float* values, std::size_t count) {
        if (count != 0) std::copy_n(values, count, rows.append(count));
      });
  rows.shrink_to_fit();
  return build_state_of(kind, rows, dim, params);
}

State build_in_file(Kind kind, const RowChunks& chunks, const std::filesystem::path& path,
                    const BuildParams& params) {
  RbpxRowsFirst file(path);
  const std::size_t dim =
      take_all(kind, chunks, params,
               [&](const float* values, std::size_t count) { file.append(values, count); });
  return file.finish(build_state_of(kind, file.rows(), dim, params));
}

// K-means, codes and calibration each look at rows that an iterator gives once.
State build_from_spilled(Kind kind, const RowChunks& chunks, const BuildParams& params) {
  base::UnnamedFile file(base::temporary_folder());
  const std::size_t dim = take_all(
      kind, chunks, params,
      [&](const float* values, std::size_t count) { file.append(values, count * sizeof(float)); });
  const auto mapped = file.map();
  return build_state_of(
      kind,
      base::Array<float>::from_mapped(mapped, reinterpret_cast<const float*>(mapped->data()),
                                      mapped->size() / sizeof(float)),
      dim, params);
}

}  // namespace

State build_from(Kind kind, const RowChunks& chunks, const RowsParams& where,
                 const BuildParams& params) {
  check_parameters(kind, 1, params);  // before anything is read; the dim is not known yet
  switch (place_of(kind, where, params)) {
    case RowsPlace::copy:
      return build_in_memory(kind, chunks, params);
    case RowsPlace::none:
      return build_from_spilled(kind, chunks, params);
    case RowsPlace::mapped:
      break;
  }
  if (!where.path) {
    refuse(RowsPlace::mapped, "chunks are read once, and need a path to be mapped from");
  }
  return build_in_file(kind, chunks, *where.path, params);
}

State build_from(Kind kind, const SharedArray<float>& vectors, const RowsParams& where,
                 const BuildParams& params) {
  if (place_of(kind, where, params) != RowsPlace::mapped) {
    return build_state(kind, view_of(vectors), params);
  }
  State state = build_state_over(kind, vectors, params);
  if (!where.path) return state;
  save_rbpx(state, *where.path);
  return load_rbpx(*where.path, kind, {});
}

}  // namespace ruvector::index
