// refine on every level, against codes that the test knows before it packs them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/level_test.h"

namespace ruvector::kernels {
namespace {

// Random records of `bits` per dimension, unpacked and packed.
struct Records {
  std::uint32_t bits;
  std::size_t dims;
  std::size_t stride;
  std::vector<std::vector<std::uint32_t>> codes;
  std::vector<std::vector<float>> factors;  // add, rescale, error
  std::vector<std::uint8_t> packed;
};

// Writes bit `bit` of a code as bit `plane_bit` of its plane.
void set_bits(std::uint8_t* plane, std::uint32_t width, std::size_t dim, std::uint32_t value) {
  std::uint8_t* chunk = plane + dim / 64 * 8 * width;
  const std::size_t i = dim % 64;
  std::size_t byte = 0;
  std::size_t shift = 0;
  switch (width) {
    case 4:
      byte = i % 32;
      shift = i / 32 * 4;
      break;
    case 2:
      byte = i % 16;
      shift = i / 16 * 2;
      break;
    default:
      byte = i / 8;
      shift = i % 8;
  }
  chunk[byte] = static_cast<std::uint8_t>(chunk[byte] | value << shift);
}

std::vector<std::uint32_t> plane_widths(std::uint32_t bits) {
  static const std::vector<std::vector<std::uint32_t>> widths = {
      {}, {}, {2}, {2, 1}, {4}, {4, 1}, {4, 2}, {4, 2, 1}, {4, 4}};
  return widths[bits];
}

void pack_record(const Records& records, std::size_t i, std::uint8_t* record) {
  std::uint32_t below = records.bits;
  std::uint8_t* plane = record;
  for (const std::uint32_t width : plane_widths(records.bits)) {
    below -= width;
    for (std::size_t d = 0; d < records.dims; ++d) {
      set_bits(plane, width, d, records.codes[i][d] >> below & ((1u << width) - 1));
    }
    plane += records.dims / 8 * width;
  }
  std::memcpy(plane, records.factors[i].data(), 12);
}

struct Query {
  std::vector<std::int8_t> high;
  std::vector<std::int8_t> low;
  std::int64_t center = 0;
  float step = 0.001f;
  float error_scale = 2.5f;
};

struct Scores {
  std::vector<float> estimates;
  std::vector<float> bounds;
};

class RefineTest : public LevelTest {
 protected:
  Records random_records(std::uint32_t bits, std::size_t dims, std::size_t count, std::size_t gap) {
    Records records{bits, dims, dims / 8 * bits + 12 + gap, {}, {}, {}};
    records.packed.assign(count * records.stride, 0);
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<std::uint32_t> codes(dims);
      for (std::uint32_t& code : codes) code = random_up_to((1u << bits) - 1);
      records.codes.push_back(codes);
      records.factors.push_back({random_float(), random_float(), std::fabs(random_float())});
      pack_record(records, i, records.packed.data() + i * records.stride);
    }
    return records;
  }

  Query random_query(std::size_t dims) {
    Query query;
    for (std::size_t d = 0; d < dims; ++d) {
      query.high.push_back(static_cast<std::int8_t>(static_cast<int>(random_up_to(255)) - 128));
      query.low.push_back(static_cast<std::int8_t>(static_cast<int>(random_up_to(255)) - 128));
    }
    query.center = static_cast<std::int64_t>(random_up_to(2'000'000)) - 1'000'000;
    return query;
  }

  static Scores expected(const Records& records, const Query& query,
                         const std::vector<std::uint32_t>& slots) {
    Scores scores;
    for (const std::uint32_t slot : slots) {
      std::int64_t dot = 0;
      for (std::size_t d = 0; d < records.dims; ++d) {
        const int value = 128 * query.high[d] + query.low[d];
        dot += std::int64_t{records.codes[slot][d]} * value;
      }
      const std::vector<float>& factors = records.factors[slot];
      const float s = query.step * static_cast<float>(2 * dot - query.center);
      const float rescaled = factors[1] * s;
      const float estimate = factors[0] - rescaled;
      const float margin = factors[2] * query.error_scale;
      scores.estimates.push_back(estimate);
      scores.bounds.push_back(estimate - margin);
    }
    return scores;
  }

  void expect_right(const Records& records, const Query& query,
                    const std::vector<std::uint32_t>& slots) const {
    const RefineCodes codes{records.packed.data(), records.stride, records.dims, records.bits};
    const RefineQuery parameters{query.high.data(), query.low.data(), query.center, query.step,
                                 query.error_scale};
    Guarded<float> estimates(slots.size(), 1);
    Guarded<float> bounds(slots.size(), 3);
    table().refine(codes, parameters, slots.data(), slots.size(), estimates.data(), bounds.data());
    const Scores right = expected(records, query, slots);
    EXPECT_EQ(bits_of(estimates.values()), bits_of(right.estimates));
    EXPECT_EQ(bits_of(bounds.values()), bits_of(right.bounds));
    EXPECT_TRUE(estimates.intact());
    EXPECT_TRUE(bounds.intact());
    Guarded<float> alone(slots.size(), 5);
    table().refine(codes, parameters, slots.data(), slots.size(), nullptr, alone.data());
    EXPECT_EQ(bits_of(alone.values()), bits_of(right.bounds));
    EXPECT_TRUE(alone.intact());
  }

  std::vector<std::uint32_t> random_slots(std::size_t count, std::size_t records) {
    std::vector<std::uint32_t> slots(count);
    for (auto& slot : slots) slot = random_up_to(static_cast<std::uint32_t>(records - 1));
    return slots;
  }
};

TEST_P(RefineTest, ScoresAreExactForEveryNumberOfBitsAndDimensions) {
  for (std::uint32_t bits = 2; bits <= 8; ++bits) {
    for (std::size_t dims = 64; dims <= 640; dims += 64) {
      SCOPED_TRACE(testing::Message() << "bits " << bits << ", dims " << dims);
      const Records records = random_records(bits, dims, 9, dims % 3);
      expect_right(records, random_query(dims), random_slots(20, 9));
    }
  }
}

TEST_P(RefineTest, EveryNumberOfSlotsIsScored) {
  const Records records = random_records(4, 128, 30, 0);
  const Query query = random_query(128);
  for (std::size_t count = 0; count <= 40; ++count) {
    expect_right(records, query, random_slots(count, 30));
  }
}

TEST_P(RefineTest, TheLargestDotProductsAreExact) {
  for (std::uint32_t bits = 2; bits <= 8; ++bits) {
    for (const int value : {-128, 127}) {
      SCOPED_TRACE(testing::Message() << "bits " << bits << ", value " << value);
      Records records = random_records(bits, 8192, 1, 0);
      records.codes[0].assign(8192, (1u << bits) - 1);
      pack_record(records, 0, records.packed.data());
      Query query = random_query(8192);
      query.high.assign(8192, static_cast<std::int8_t>(value));
      query.low.assign(8192, static_cast<std::int8_t>(value));
      expect_right(records, query, {0, 0, 0});
    }
  }
}

RUVECTOR_TEST_LEVELS(RefineTest);

}  // namespace
}  // namespace ruvector::kernels
