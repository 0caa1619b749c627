#include "index/read_pattern.h"

#include <span>

#include "base/mapped_file.h"

namespace ruvector::index {
namespace {

// Of what searches read here and there.
template <class Advise>
void advise(const State& state, Advise&& advise) {
  // Codes are never the user's: rows are the file's where they are mapped.
  if (!state.codes.blocks().is_mapped()) return;
  if (state.codes.records().is_mapped()) advise(std::as_bytes(state.codes.records().span()));
  if (state.rows.is_mapped()) advise(std::as_bytes(state.rows.span()));
}

}  // namespace

void expect_searches(const State& state) { advise(state, base::advise_random); }

void expect_whole_reads(const State& state) { advise(state, base::advise_normal); }

}  // namespace ruvector::index
