// Search of an index that is divided into lists.
// Thread-safe: functions of their arguments; everything they write belongs to the call.
#pragma once

#include <optional>
#include <vector>

#include "index/cascade.h"
#include "index/funnel.h"
#include "index/list_order.h"
#include "index/partition.h"

namespace ruvector::index {

// One query on its way from list to list, the most promising first.
// Not thread-safe: one for each search, on one thread.
class ListWalk {
 public:
  // `query` is normalised already under cosine; `products` are its products with all lists
  // (CoarseTable::estimate). All arguments must outlive the walk.
  ListWalk(const CascadeSource& source, const Partition& partition, const float* query,
           const float* products, const CascadeParams& params);

  // The list that comes next, one that is not empty.
  struct Step {
    std::size_t list;
    Standing standing;
  };
  std::optional<Step> next();
  // Searches the list that next() gave.
  void visit();

  // See ListOrder.
  float spread() const { return order_.spread(); }
  const SearchStats& stats() const { return funnels_.front().stats; }
  std::vector<Hit> finish(SearchStats* stats);

 private:
  template <class Take>
  void for_runs(Take take) const;
  void scan_list();
  void take_allowed();
  void fetch_ahead() const;
  void scan(std::size_t first, std::size_t count, const QueryFrame& frame);

  const CascadeSource& source_;
  const CoarseTable& coarse_;
  const ListLayout& layout_;
  const float* query_;
  const CascadeParams& params_;
  PreparedQuery prepared_;
  ListOrder order_;
  std::vector<Funnel> funnels_;  // one, as gather() wants them
  // A bit for each lane that a filter allows, where it is so selective that none is scanned.
  std::vector<std::uint64_t> allowed_;
  std::vector<std::uint32_t> lanes_;  // of one list, among those
  std::size_t list_ = 0;
  std::optional<float> first_promise_;
};

// How far a search goes: so many lists, or as far as the stopping rule says.
struct ListEffort {
  std::optional<std::size_t> probes;  // lists; more where fewer than k vectors are found
  double recall = 1.0;                // when no number of lists is given
};

// One query, on the calling thread.
std::vector<Hit> list_search(const CascadeSource& source, const Partition& partition,
                             const float* query, const float* products, const CascadeParams& params,
                             const ListEffort& effort, SearchStats* stats);

}  // namespace ruvector::index
