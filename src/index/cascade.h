// Search over codes: scan, refine, exact, each stage pruned by the error bound of the one before.
// Thread-safe: const functions of their arguments; everything they write belongs to the call.
//
// The result does not depend on the order in which candidates are met, nor on threads: a candidate
// is ranked by key = max(score, lower bounds of the earlier stages). Its bounds are then never
// above its key, so whatever is pruned by a threshold, which is some candidate's key, could not
// have been among the k best keys. (Without that rule a true score below its own bound, which
// happens with probability 1 - confidence, would be found or lost depending on the order.)
#pragma once

#include <span>
#include <vector>

#include "index/encoder.h"
#include "index/exact_scorer.h"
#include "index/query.h"
#include "index/slot_filter.h"
#include "ruvector/index/types.h"

namespace ruvector::index {

class Funnel;

// What the last stage of a search is.
enum class FinalStage {
  scan,     // estimates of the first-stage codes
  precise,  // the same codes against the unrounded query
  refine,   // estimates of the second-stage codes
  exact,    // float32 rows
};

struct CascadeParams {
  std::size_t k = 0;
  FinalStage final_stage = FinalStage::exact;
  BoundWidths widths{};
  // Above zero: the best `budget` candidates of the stages before are read exactly, no others.
  std::size_t budget = 0;
  float radius = std::numeric_limits<float>::max();
  const SlotFilter* filter = nullptr;
};

struct CascadeSource {
  const Encoder* encoder;
  const CodeStore* codes;
  Rows rows;  // data is null when none are kept; ids and count always set
  // Where codes lie in lists: the slot of each lane. Null: lane i is slot i.
  const std::uint32_t* slots = nullptr;
};

// `query` as the stages of `params` need it; it is normalised under cosine.
PreparedQuery prepare(const CascadeSource& source, const float* query, const CascadeParams& params);

// From the funnels of the parts of one query to its hits; a budget is spent on rows here.
std::vector<Hit> gather(const CascadeSource& source, const PreparedQuery& prepared,
                        const float* query, const CascadeParams& params, std::vector<Funnel>& parts,
                        SearchStats* stats);

// One query over all codes with up to `threads` threads. `query` is normalised under cosine.
std::vector<Hit> cascade_search(const CascadeSource& source, const float* query,
                                const CascadeParams& params, std::size_t threads,
                                SearchStats* stats);

// Several queries on the calling thread, sharing each read of the codes. hits[i] belongs to
// queries + i * dim.
void cascade_search_batch(const CascadeSource& source, const float* queries, std::size_t count,
                          const CascadeParams& params, std::vector<Hit>* hits, SearchStats* stats);

}  // namespace ruvector::index
