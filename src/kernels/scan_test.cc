// scan on every level, against sums over nibbles that the test knows before it packs them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "base/float16.h"
#include "kernels/kernels.h"
#include "kernels/level_test.h"

namespace ruvector::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// An index of random codes, unpacked and packed.
struct Index {
  std::size_t words;
  std::size_t blocks;
  std::vector<std::vector<std::uint8_t>> nibbles;  // of each slot
  std::vector<float> add, rescale, error;          // of each slot, exact in half precision
  std::vector<std::uint8_t> storage;

  std::size_t slots() const { return blocks * kBlockVectors; }
  std::size_t block_bytes() const { return words * 256 + 384; }

  const std::uint8_t* packed() const {
    return storage.data() + (64 - reinterpret_cast<std::uintptr_t>(storage.data()) % 64);
  }

  void pack() {
    storage.assign(blocks * block_bytes() + 64, 0);
    auto* out = const_cast<std::uint8_t*>(packed());
    for (std::size_t slot = 0; slot < slots(); ++slot) {
      std::uint8_t* block = out + slot / kBlockVectors * block_bytes();
      const std::size_t lane = slot % kBlockVectors;
      for (std::size_t g = 0; g < nibbles[slot].size(); ++g) {
        const unsigned shifted = unsigned{nibbles[slot][g]} << (g % 2 * 4);
        std::uint8_t& byte = block[g / 8 * 256 + 4 * lane + g % 8 / 2];
        byte = static_cast<std::uint8_t>(byte | shifted);
      }
      const float factors[3] = {add[slot], rescale[slot], error[slot]};
      for (std::size_t kind = 0; kind < 3; ++kind) {
        const std::uint16_t half = base::float_to_half(factors[kind]);
        std::memcpy(block + words * 256 + kind * 128 + 2 * lane, &half, sizeof(half));
      }
    }
  }

  ScanCodes codes() const { return {packed(), words, block_bytes()}; }
};

// One query: its tables by nibble, packed, and the outputs of a scan.
struct Query {
  std::vector<std::vector<std::uint8_t>> tables;  // 16 entries for each nibble
  std::vector<std::uint8_t> packed;
  float step = 0.01f;
  float offset = -3.5f;
  float error_scale = 1.9f;
  float threshold = 0.0f;
};

struct Survivor {
  std::uint32_t slot;
  std::uint32_t bound_bits;
  bool operator==(const Survivor&) const = default;
};

class ScanTest : public LevelTest {
 protected:
  float random_half() { return base::half_to_float(base::float_to_half(random_float())); }

  Index random_index(std::size_t words, std::size_t blocks) {
    Index index{words, blocks, {}, {}, {}, {}, {}};
    for (std::size_t slot = 0; slot < index.slots(); ++slot) {
      std::vector<std::uint8_t> code(8 * words);
      for (std::uint8_t& nibble : code) nibble = static_cast<std::uint8_t>(random_up_to(15));
      index.nibbles.push_back(code);
      index.add.push_back(10.0f * random_half());
      index.add.back() = base::half_to_float(base::float_to_half(index.add.back()));
      index.rescale.push_back(random_half());
      index.error.push_back(std::fabs(random_half()));
    }
    index.pack();
    return index;
  }

  Query random_query(std::size_t words) {
    Query query;
    query.packed.resize(128 * words);
    for (std::size_t g = 0; g < 8 * words; ++g) {
      std::vector<std::uint8_t> entries(16);
      for (std::uint8_t& entry : entries) {
        entry = static_cast<std::uint8_t>(random_up_to(kMaxTableEntry));
      }
      std::uint8_t* word = query.packed.data() + g / 8 * 128;
      std::memcpy(word + g % 2 * 64 + g % 8 / 2 * 16, entries.data(), 16);
      query.tables.push_back(entries);
    }
    query.offset = random_float();
    return query;
  }

  static float bound(const Index& index, const Query& query, std::size_t slot) {
    int sum = 0;
    for (std::size_t g = 0; g < query.tables.size(); ++g) {
      sum += query.tables[g][index.nibbles[slot][g]];
    }
    const float s = std::fma(query.step, static_cast<float>(sum), query.offset);
    const float estimate = std::fma(-index.rescale[slot], s, index.add[slot]);
    return std::fma(-index.error[slot], query.error_scale, estimate);
  }

  static std::vector<Survivor> expected(const Index& index, const Query& query, std::size_t first,
                                        std::size_t blocks,
                                        const std::vector<std::uint64_t>& allowed) {
    std::vector<Survivor> survivors;
    for (std::size_t slot = first * 64; slot < (first + blocks) * 64; ++slot) {
      if (!allowed.empty() && (allowed[slot / 64] >> (slot % 64) & 1) == 0) continue;
      const float value = bound(index, query, slot);
      if (value <= query.threshold) {
        survivors.push_back({static_cast<std::uint32_t>(slot), bits_of(value)});
      }
    }
    return survivors;
  }

  // Scans for all queries at once; `allowed` may be empty.
  std::vector<std::vector<Survivor>> scan(const Index& index, const std::vector<Query>& queries,
                                          std::size_t first, std::size_t blocks,
                                          const std::vector<std::uint64_t>& allowed) const {
    std::vector<Guarded<std::uint32_t>> slots;
    std::vector<Guarded<float>> bounds;
    std::vector<ScanQuery> scans;
    for (const Query& query : queries) {
      slots.emplace_back(64 * blocks + 16, 3);
      bounds.emplace_back(64 * blocks + 16, 5);
      scans.push_back({query.packed.data(), query.step, query.offset, query.error_scale,
                       query.threshold, slots.back().data(), bounds.back().data(), 12345});
    }
    table().scan(index.codes(), first, blocks, allowed.empty() ? nullptr : allowed.data(),
                 scans.data(), scans.size());
    std::vector<std::vector<Survivor>> found(queries.size());
    for (std::size_t q = 0; q < queries.size(); ++q) {
      EXPECT_TRUE(slots[q].intact());
      EXPECT_TRUE(bounds[q].intact());
      EXPECT_LE(scans[q].count, 64 * blocks);
      for (std::size_t i = 0; i < scans[q].count; ++i) {
        found[q].push_back({slots[q][i], bits_of(bounds[q][i])});
      }
    }
    return found;
  }

  void expect_right(const Index& index, const std::vector<Query>& queries, std::size_t first,
                    std::size_t blocks, const std::vector<std::uint64_t>& allowed = {}) const {
    const auto found = scan(index, queries, first, blocks, allowed);
    for (std::size_t q = 0; q < queries.size(); ++q) {
      EXPECT_EQ(found[q], expected(index, queries[q], first, blocks, allowed)) << "query " << q;
    }
  }

  std::vector<Query> random_queries(std::size_t words, std::size_t count) {
    std::vector<Query> queries;
    for (std::size_t q = 0; q < count; ++q) {
      queries.push_back(random_query(words));
      queries.back().threshold = 4.0f * random_float();
    }
    return queries;
  }
};

TEST_P(ScanTest, SurvivorsAndBoundsAreExactForEveryWidthAndNumberOfQueries) {
  for (const std::size_t words : {2U, 4U, 6U, 8U, 12U, 24U, 48U, 256U}) {
    const Index index = random_index(words, 5);
    for (std::size_t count = 1; count <= kMaxScanQueries; ++count) {
      expect_right(index, random_queries(words, count), 0, 5);
    }
  }
}

TEST_P(ScanTest, EveryRangeOfBlocksIsScannedAndNoOther) {
  const Index index = random_index(4, 6);
  const std::vector<Query> queries = random_queries(4, 2);
  for (std::size_t first = 0; first <= 6; ++first) {
    for (std::size_t blocks = 0; first + blocks <= 6; ++blocks) {
      expect_right(index, queries, first, blocks);
    }
  }
}

TEST_P(ScanTest, OnlyAllowedLanesSurvive) {
  const Index index = random_index(4, 6);
  for (int round = 0; round < 20; ++round) {
    std::vector<Query> queries = random_queries(4, 3);
    queries[0].threshold = 1e30f;
    std::vector<std::uint64_t> allowed(6);
    for (std::uint64_t& lanes : allowed) {
      lanes = std::uint64_t{random()()} << 32 | random()();
      if (random_up_to(2) == 0) lanes = 0;
    }
    allowed[5] = round % 2 == 0 ? ~std::uint64_t{0} : std::uint64_t{1} << 63;
    expect_right(index, queries, 0, 6, allowed);
    expect_right(index, queries, 2, 4, allowed);
  }
}

TEST_P(ScanTest, WithoutAnErrorScaleTheBoundIsTheEstimate) {
  const Index index = random_index(4, 5);
  for (const std::size_t with_scale : {0U, 1U, 3U}) {
    std::vector<Query> queries = random_queries(4, 3);
    for (std::size_t q = with_scale; q < queries.size(); ++q) queries[q].error_scale = 0.0f;
    expect_right(index, queries, 0, 5);
  }
}

TEST_P(ScanTest, AnInfiniteThresholdAdmitsAllAndNanOrMinusInfinityNone) {
  const Index index = random_index(6, 3);
  std::vector<Query> queries = random_queries(6, 3);
  queries[0].threshold = kInfinity;
  queries[1].threshold = std::numeric_limits<float>::quiet_NaN();
  queries[2].threshold = -kInfinity;
  const auto found = scan(index, queries, 0, 3, {});
  EXPECT_EQ(found[0].size(), 3 * kBlockVectors);
  EXPECT_TRUE(found[1].empty());
  EXPECT_TRUE(found[2].empty());
  expect_right(index, queries, 0, 3);
}

TEST_P(ScanTest, LanesWithoutAVectorSurviveNoFiniteThreshold) {
  Index index = random_index(4, 3);
  for (std::size_t slot = 0; slot < index.slots(); ++slot) {
    if (slot % 3 == 0 || slot >= 128) index.add[slot] = kInfinity;
  }
  index.pack();
  std::vector<Query> queries = random_queries(4, 2);
  queries[0].threshold = std::numeric_limits<float>::max();
  const auto found = scan(index, queries, 0, 3, {});
  EXPECT_EQ(found[0].size(), 128u - 43u);
  expect_right(index, queries, 0, 3);
}

TEST_P(ScanTest, ABoundThatIsNoNumberNeverSurvives) {
  Index index = random_index(4, 2);
  index.add[7] = kInfinity;
  index.rescale[7] = kInfinity;
  index.error[70] = kInfinity;  // the bound is -inf and survives
  index.pack();
  std::vector<Query> queries = random_queries(4, 1);
  queries[0].threshold = kInfinity;
  queries[0].offset = 5.0f;
  const auto found = scan(index, queries, 0, 2, {});
  EXPECT_EQ(found[0].size(), 127u);
  expect_right(index, queries, 0, 2);
}

TEST_P(ScanTest, TheLargestSumsAreExact) {
  Index index = random_index(256, 1);
  std::vector<Query> queries(1, random_query(256));
  for (auto& entries : queries[0].tables) entries.assign(16, kMaxTableEntry);
  queries[0].packed.assign(256 * 128, kMaxTableEntry);
  queries[0].step = 1.0f;
  queries[0].offset = 0.0f;
  queries[0].threshold = kInfinity;
  expect_right(index, queries, 0, 1);
}

TEST_P(ScanTest, SubnormalAndHugeFactorsAreConvertedExactly) {
  Index index = random_index(2, 4);
  for (std::size_t slot = 0; slot < index.slots(); ++slot) {
    index.add[slot] = base::half_to_float(static_cast<std::uint16_t>(slot * 5));
    index.rescale[slot] = base::half_to_float(static_cast<std::uint16_t>(0x7bff - slot));
    index.error[slot] = base::half_to_float(static_cast<std::uint16_t>(slot));
  }
  index.pack();
  std::vector<Query> queries = random_queries(2, 4);
  for (Query& query : queries) query.threshold = 1e6f;
  expect_right(index, queries, 0, 4);
}

RUVECTOR_TEST_LEVELS(ScanTest);

}  // namespace
}  // namespace ruvector::kernels
