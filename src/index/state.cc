#include "index/state.h"

namespace ruvector::index {

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

Rows State::row_view() const {
  return {keeps_rows ? rows.data() : nullptr,
          inverse_norms.empty() ? nullptr : inverse_norms.data(),
          ids.data(),
          ids.size(),
          dim,
          metric};
}

CodeShape code_shape(Kind kind, std::size_t dim, std::uint32_t bits) {
  CodeShape shape;
  shape.dims = padded_dim(dim);
  shape.scan_bits = bits == 2 ? 2 : 1;
  const std::uint32_t cascade = kind == Kind::rabitq_plus ? kCascadeRefineBits : 0;
  shape.refine_bits = bits <= 2 ? cascade : bits;
  return shape;
}

}  // namespace ruvector::index
