// One search over several collections: how much to ask of each, how to put the answers together.
// Thread-safe: functions of their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ruvector/lake/types.h"

namespace ruvector::lake {

// Hits to ask of each of `shards` collections for `k` in all: min(k + ceil(sqrt(k ln shards)), 4k).
std::size_t over_request(std::size_t k, std::size_t shards);

// Exact distances per hit in each collection: what the search asks for, else the lake's shared out
// among them, but at least 5.
std::optional<std::uint32_t> shard_rerank_factor(std::optional<std::uint32_t> asked,
                                                 std::optional<std::uint32_t> of_lake,
                                                 std::size_t shards);

// The best `k` of all by (score, backend, collection, id).
std::vector<LakeHit> merge(std::vector<std::vector<LakeHit>> shards, std::size_t k);

// `keys` without repetitions, in their order.
std::vector<LakeKey> distinct(std::span<const LakeKey> keys);

}  // namespace ruvector::lake
