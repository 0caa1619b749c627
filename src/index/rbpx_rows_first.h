// An .rbpx file that is begun with the rows of an index that is not built yet.
// Not thread-safe: one thread at a time. Nothing is left at the path unless finish() returns.
#pragma once

#include <cstddef>
#include <filesystem>

#include "base/array.h"
#include "index/rbpx_file_sink.h"
#include "index/rbpx_writer.h"
#include "index/state.h"

namespace ruvector::index {

class RbpxRowsFirst {
 public:
  // Throws PersistError, as the rest does.
  explicit RbpxRowsFirst(const std::filesystem::path& path);

  void append(const float* values, std::size_t count);
  // All values so far, mapped from the file.
  base::Array<float> rows() const;
  // Writes what else `state` has, whose rows are rows(). The same state, mapped from the file.
  State finish(const State& state);

 private:
  std::filesystem::path path_;
  FileSink sink_;
  RowsFirstImage image_;
};

}  // namespace ruvector::index
