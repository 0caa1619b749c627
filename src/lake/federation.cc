#include "lake/federation.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

namespace ruvector::lake {
namespace {

constexpr std::uint32_t kLeastRerankFactor = 5;

bool is_better(const LakeHit& a, const LakeHit& b) {
  return std::tie(a.score, *a.key, a.id) < std::tie(b.score, *b.key, b.id);
}

}  // namespace

std::size_t over_request(std::size_t k, std::size_t shards) {
  if (shards <= 1 || k == 0) return k;
  const double spread = std::sqrt(static_cast<double>(k) * std::log(static_cast<double>(shards)));
  const double wanted =
      std::min(static_cast<double>(k) + std::ceil(spread), 4.0 * static_cast<double>(k));
  // A k that large is cut to the rows there are.
  return wanted >= static_cast<double>(kMaxVectors) ? std::max(k, kMaxVectors)
                                                    : static_cast<std::size_t>(wanted);
}

std::optional<std::uint32_t> shard_rerank_factor(std::optional<std::uint32_t> asked,
                                                 std::optional<std::uint32_t> of_lake,
                                                 std::size_t shards) {
  if (asked) return asked;
  if (!of_lake || shards <= 1) return of_lake;
  return std::max(kLeastRerankFactor, *of_lake / static_cast<std::uint32_t>(shards));
}

std::vector<LakeHit> merge(std::vector<std::vector<LakeHit>> shards, std::size_t k) {
  if (shards.size() == 1) {
    if (shards[0].size() > k) shards[0].resize(k);
    return std::move(shards[0]);
  }
  std::vector<LakeHit> all;
  for (std::vector<LakeHit>& shard : shards) {
    std::move(shard.begin(), shard.end(), std::back_inserter(all));
  }
  const std::size_t kept = std::min(k, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(),
                    is_better);
  all.resize(kept);
  return all;
}

std::vector<LakeKey> distinct(std::span<const LakeKey> keys) {
  std::set<LakeKey> seen;
  std::vector<LakeKey> result;
  for (const LakeKey& key : keys) {
    if (seen.insert(key).second) result.push_back(key);
  }
  return result;
}

}  // namespace ruvector::lake
