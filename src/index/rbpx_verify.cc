#include "index/rbpx_verify.h"

#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include "index/rbpx_image.h"
#include "index/validate.h"
#include "ruvector/base/runtime.h"

namespace ruvector::index {
namespace {

class Verifier {
 public:
  Verifier(const State& state, const std::filesystem::path& path) : state_(state), path_(path) {}

  void ids() const {
    if (state_.id_map.identity()) {
      for (std::size_t slot = 0; slot < state_.size(); ++slot) {
        if (state_.ids[slot] == slot) continue;
        refuse_file(path_, "says that ids count from 0, and slot ", slot, " has id ",
                    state_.ids[slot]);
      }
      return;
    }
    IdMap map(false);
    Id duplicate = 0;
    if (!map.append(state_.ids.data(), 0, state_.size(), &duplicate)) {
      refuse_file(path_, "has id ", duplicate, " twice");
    }
  }

  void rows() const {
    if (!state_.keeps_rows) return;
    try {
      check_rows("rows", {state_.rows.data(), state_.size(), state_.dim}, state_.metric,
                 num_threads());
    } catch (const std::invalid_argument& error) {
      throw PersistError(path_, error.what());
    }
    at_least_zero("inverse_norms", state_.inverse_norms);
  }

  void codes() const {
    if (!state_.encoder) return;
    at_least_zero("norms", state_.codes.norms());
    const CodeShape& shape = state_.codes.shape();
    for (std::size_t slot = 0; slot < state_.codes.size(); ++slot) {
      if (state_.partition && state_.partition->layout.slots()[slot] == ListLayout::kNoSlot) {
        continue;
      }
      factors("scan_blocks", slot, scan_factors(state_.codes.scan_codes(), slot));
      if (shape.refine_bits == 0) continue;
      const std::size_t at = slot * shape.record_stride() + shape.dims / 8 * shape.refine_bits;
      Factors refine;
      std::memcpy(&refine, state_.codes.records().data() + at, sizeof(refine));
      factors("refine_records", slot, refine);
    }
    padding_lanes();
  }

  void lists() const {
    if (!state_.partition || !state_.partition->trained()) return;
    try {
      state_.partition->layout.check();
    } catch (const std::invalid_argument& error) {
      refuse_file(path_, "is damaged: ", error.what());
    }
    for (const float value : state_.partition->centroids) {
      if (!std::isfinite(value)) refuse_file(path_, "has a centroid with a value of ", value);
    }
    for (const float value : state_.partition->queries) {
      if (!std::isfinite(value)) refuse_file(path_, "has a query with a value of ", value);
    }
  }

 private:
  void at_least_zero(const char* section, const base::Array<float>& values) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] >= 0.0F && std::isfinite(values[i])) continue;
      refuse_file(path_, "section ", section, " has ", values[i], " at ", i,
                  ", not a finite value of at least 0");
    }
  }

  void factors(const char* section, std::size_t slot, const Factors& f) const {
    if (std::isfinite(f.add) && f.rescale >= 0.0F && f.error >= 0.0F) return;
    refuse_file(path_, "section ", section, " has factors ", f.add, ", ", f.rescale, ", ", f.error,
                " in slot ", slot, ", outside of their ranges");
  }

  void padding_lanes() const {
    const kernels::ScanCodes codes = state_.codes.scan_codes();
    for (std::size_t slot = 0; slot < state_.codes.block_count() * 64; ++slot) {
      if (!is_padding(slot)) continue;
      const Factors f = scan_factors(codes, slot);
      std::uint32_t any = 0;
      for (std::size_t word = 0; word < codes.words; ++word) any |= scan_word(codes, slot, word);
      if (any != 0 || f.rescale != 0.0F || f.error != 0.0F) {
        refuse_file(path_, "lane ", slot, " after the last of ", state_.size(),
                    " vectors is not empty");
      }
    }
  }

  bool is_padding(std::size_t lane) const {
    if (!state_.partition) return lane >= state_.size();
    return state_.partition->layout.slots()[lane] == ListLayout::kNoSlot;
  }

  const State& state_;
  const std::filesystem::path& path_;
};

}  // namespace

void verify_state(const State& state, const std::filesystem::path& path) {
  const Verifier verifier(state, path);
  verifier.ids();
  verifier.rows();
  verifier.codes();
  verifier.lists();
}

}  // namespace ruvector::index
