#include "index/rbpx_rows_first.h"

#include "index/rbpx_image.h"
#include "index/rbpx_layout.h"
#include "index/rbpx_reader.h"
#include "index/read_pattern.h"

namespace ruvector::index {

RbpxRowsFirst::RbpxRowsFirst(const std::filesystem::path& path)
    : path_(path), sink_(path), image_(sink_) {}

void RbpxRowsFirst::append(const float* values, std::size_t count) { image_.append(values, count); }

base::Array<float> RbpxRowsFirst::rows() const {
  if (image_.count() == 0) return {};
  const auto file = sink_.map();
  const std::byte* rows = file->data() + kSectionAlignment;
  return base::Array<float>::from_mapped(file, reinterpret_cast<const float*>(rows),
                                         image_.count());
}

State RbpxRowsFirst::finish(const State& state) {
  image_.finish(state);
  const auto file = sink_.map();  // of this file, whatever may lie at the path a moment later
  State mapped = read_state(Image(path_, file->bytes()), state.kind, file);
  sink_.commit();
  expect_searches(mapped);
  return mapped;
}

}  // namespace ruvector::index
