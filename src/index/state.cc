#include "index/state.h"

namespace ruvector::index {
namespace {

// Second stage of a cascade that ends in exact rows: enough bits that few rows are read. An
// estimate's error falls with the square root of the dimension, so long codes need fewer; and those
// whose scan takes two bits already can spare one.
std::uint32_t cascade_bits(std::size_t dims, std::uint32_t scan_bits) {
  return dims <= 256 ? 7 - scan_bits : 4;
}

}  // namespace

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::flat_f32:
      return "FlatF32Index";
    case Kind::rabitq:
      return "RabitqIndex";
    case Kind::rabitq_plus:
      return "RabitqPlusIndex";
    case Kind::rabitq_asym:
      return "RabitqAsymIndex";
  }
  return "unknown";
}

const char* metric_name(Metric metric) {
  switch (metric) {
    case Metric::l2:
      return "l2";
    case Metric::ip:
      return "ip";
    case Metric::cosine:
      return "cosine";
  }
  return "unknown";
}

Rows State::row_view() const {
  return {keeps_rows ? rows.data() : nullptr,
          inverse_norms.empty() ? nullptr : inverse_norms.data(),
          ids.data(),
          ids.size(),
          dim,
          metric};
}

RowSource State::kept_rows() const {
  return {rows.data(), inverse_norms.empty() ? nullptr : inverse_norms.data(), size()};
}

CodeShape code_shape(Kind kind, std::size_t dim, std::uint32_t bits) {
  CodeShape shape;
  shape.dims = padded_dim(dim);
  shape.scan_bits = bits == 2 ? 2 : 1;
  const std::uint32_t cascade =
      kind == Kind::rabitq_plus ? cascade_bits(shape.dims, shape.scan_bits) : 0;
  shape.refine_bits = bits <= 2 ? cascade : bits;
  return shape;
}

}  // namespace ruvector::index
