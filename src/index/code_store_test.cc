#include "index/code_store.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/float16.h"
#include "base/random.h"

namespace ruvector::index {
namespace {

// A second reader of the layout that kernels.h states, byte by byte.
class Reader {
 public:
  explicit Reader(const CodeStore& store) : store_(store), shape_(store.shape()) {}

  // Nibble g is in bits 4g..4g+3 of the code; dword w of lane v at w * 256 + 4 v of its superblock.
  unsigned scan_code(std::size_t slot, std::size_t d) const {
    const std::size_t bit = d * shape_.scan_bits;
    const std::size_t byte =
        slot / 64 * shape_.block_bytes() + bit / 32 * 256 + slot % 64 * 4 + bit % 32 / 8;
    return store_.blocks().data()[byte] >> (bit % 8) & ((1U << shape_.scan_bits) - 1U);
  }
  float scan_factor(std::size_t slot, std::size_t which) const {
    const std::size_t at =
        slot / 64 * shape_.block_bytes() + shape_.words() * 256 + which * 128 + slot % 64 * 2;
    const std::uint8_t* bytes = store_.blocks().data() + at;
    return base::half_to_float(static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8));
  }
  // Planes of 4, 2 and 1 bits, highest first, in chunks of 64 dimensions.
  unsigned refine_code(std::size_t slot, std::size_t d) const {
    const std::uint8_t* plane = store_.records().data() + slot * shape_.record_stride();
    unsigned code = 0;
    for (unsigned left = shape_.refine_bits; left > 0;) {
      const unsigned width = left >= 4 ? 4 : left >= 2 ? 2 : 1;
      const std::uint8_t* chunk = plane + d / 64 * (8 * width);
      const std::size_t i = d % 64;
      unsigned part = 0;
      if (width == 4) part = chunk[i % 32] >> (i / 32 * 4) & 15U;
      if (width == 2) part = chunk[i % 16] >> (i / 16 * 2) & 3U;
      if (width == 1) part = chunk[i / 8] >> (i % 8) & 1U;
      left -= width;
      code |= part << left;
      plane += shape_.dims / 64 * (8 * width);
    }
    return code;
  }
  float refine_factor(std::size_t slot, std::size_t which) const {
    const std::size_t planes = shape_.dims / 64 * 8 * shape_.refine_bits;
    float value;
    std::memcpy(&value,
                store_.records().data() + slot * shape_.record_stride() + planes + which * 4, 4);
    return value;
  }

 private:
  const CodeStore& store_;
  CodeShape shape_;
};

struct Written {
  std::vector<std::vector<std::uint8_t>> scan;
  std::vector<std::vector<std::uint8_t>> refine;
  std::vector<Factors> factors;
};

std::vector<std::uint8_t> random_codes(base::Random& random, std::size_t dims, unsigned bits) {
  std::vector<std::uint8_t> codes(dims);
  for (std::uint8_t& code : codes) {
    code = static_cast<std::uint8_t>(random.uniform_below(1U << bits));
  }
  return codes;
}

// Fills slots [first, store.size()) with random codes.
void fill(CodeStore& store, std::size_t first, base::Random& random, Written& written) {
  const CodeStore::Writer writer = store.writer();
  const CodeShape& shape = store.shape();
  for (std::size_t slot = first; slot < store.size(); ++slot) {
    written.scan.push_back(random_codes(random, shape.dims, shape.scan_bits));
    written.factors.push_back({random.uniform_float() * 90.0F, 0.01F + random.uniform_float(),
                               random.uniform_float() * 0.1F});
    writer.write_scan(slot, written.scan.back().data(), written.factors.back());
    writer.norms[slot] = static_cast<float>(slot) + 0.5F;
    if (shape.refine_bits == 0) continue;
    written.refine.push_back(random_codes(random, shape.dims, shape.refine_bits));
    writer.write_refine(slot, written.refine.back().data(), written.factors.back());
  }
}

// Slot `slot` of the store holds what was written as number `origin`.
void expect_code(const CodeStore& store, std::size_t slot, const Written& written,
                 std::size_t origin) {
  const Reader reader(store);
  const CodeShape& shape = store.shape();
  for (std::size_t d = 0; d < shape.dims; ++d) {
    ASSERT_EQ(reader.scan_code(slot, d), written.scan[origin][d]) << "slot " << slot;
    if (shape.refine_bits != 0) {
      ASSERT_EQ(reader.refine_code(slot, d), written.refine[origin][d]) << "slot " << slot;
    }
  }
  const Factors& factors = written.factors[origin];
  EXPECT_LE(reader.scan_factor(slot, 0), factors.add);
  EXPECT_GE(reader.scan_factor(slot, 2), factors.error);
  EXPECT_NEAR(reader.scan_factor(slot, 1), factors.rescale, factors.rescale * 0x1p-11F);
  EXPECT_EQ(store.norms().data()[slot], static_cast<float>(origin) + 0.5F);
  if (shape.refine_bits == 0) return;
  EXPECT_EQ(reader.refine_factor(slot, 0), factors.add);
  EXPECT_EQ(reader.refine_factor(slot, 1), factors.rescale);
  EXPECT_EQ(reader.refine_factor(slot, 2), factors.error);
}

std::vector<CodeShape> shapes() {
  std::vector<CodeShape> result;
  for (const std::size_t dims : {64U, 192U}) {
    for (const std::uint32_t scan_bits : {1U, 2U}) {
      for (const std::uint32_t refine_bits : {0U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
        result.push_back({dims, scan_bits, refine_bits});
      }
    }
  }
  return result;
}

TEST(CodeStore, WritesTheLayoutOfTheKernels) {
  for (const CodeShape& shape : shapes()) {
    base::Random random(shape.refine_bits);
    CodeStore store(shape);
    Written written;
    store.resize(131);
    fill(store, 0, random, written);
    for (const std::size_t slot : {0U, 1U, 63U, 64U, 127U, 128U, 130U}) {
      expect_code(store, slot, written, slot);
    }
  }
}

TEST(CodeStore, GivesFactorsAndWordsBack) {
  CodeStore store({128, 2, 0});
  base::Random random(5);
  Written written;
  store.resize(70);
  fill(store, 0, random, written);
  const Reader reader(store);
  for (const std::size_t slot : {0U, 69U}) {
    const Factors factors = scan_factors(store.scan_codes(), slot);
    EXPECT_EQ(factors.add, reader.scan_factor(slot, 0));
    EXPECT_EQ(factors.rescale, reader.scan_factor(slot, 1));
    EXPECT_EQ(factors.error, reader.scan_factor(slot, 2));
    for (std::size_t d = 0; d < 128; ++d) {
      const std::uint32_t word = scan_word(store.scan_codes(), slot, d / 16);
      EXPECT_EQ(word >> (d % 16 * 2) & 3U, written.scan[slot][d]);
    }
  }
}

void expect_empty_lanes(const CodeStore& store) {
  const Reader reader(store);
  for (std::size_t slot = store.size(); slot < store.block_count() * 64; ++slot) {
    ASSERT_EQ(reader.scan_factor(slot, 0), std::numeric_limits<float>::infinity());
    ASSERT_EQ(reader.scan_factor(slot, 1), 0.0F);
    ASSERT_EQ(reader.scan_factor(slot, 2), 0.0F);
    for (std::size_t d = 0; d < store.shape().dims; ++d) ASSERT_EQ(reader.scan_code(slot, d), 0U);
  }
}

TEST(CodeStore, LanesWithoutAVectorStayEmptyThroughResizes) {
  for (const CodeShape& shape : {CodeShape{64, 1, 4}, CodeShape{128, 2, 0}}) {
    base::Random random(8);
    CodeStore store(shape);
    for (const std::size_t count : {1U, 63U, 64U, 65U, 200U, 130U, 128U, 127U, 1U, 70U, 0U, 5U}) {
      const std::size_t before = store.size();
      store.resize(count);
      EXPECT_EQ(store.size(), count);
      EXPECT_EQ(store.block_count(), (count + 63) / 64);
      EXPECT_EQ(store.blocks().size(), store.block_count() * shape.block_bytes());
      expect_empty_lanes(store);
      Written written;
      fill(store, std::min(before, count), random, written);
      expect_empty_lanes(store);
    }
  }
}

TEST(CodeStore, ResizeKeepsTheOtherCodes) {
  CodeStore store({64, 1, 5});
  base::Random random(8);
  Written written;
  store.resize(100);
  fill(store, 0, random, written);
  store.resize(300);
  fill(store, 100, random, written);
  store.resize(90);
  store.shrink_to_fit();
  for (std::size_t slot = 0; slot < 90; ++slot) expect_code(store, slot, written, slot);
}

TEST(CodeStore, MoveCopiesCodeFactorsRecordAndNorm) {
  for (const CodeShape& shape : shapes()) {
    base::Random random(9);
    CodeStore store(shape);
    Written written;
    store.resize(150);
    fill(store, 0, random, written);
    store.move(149, 3);
    store.move(64, 130);
    expect_code(store, 3, written, 149);
    expect_code(store, 130, written, 64);
    for (const std::size_t slot : {0U, 2U, 4U, 64U, 129U, 131U, 149U}) {
      expect_code(store, slot, written, slot);
    }
  }
}

TEST(CodeStore, ACopyKeepsItsCodesWhenTheOriginalChanges) {
  CodeStore store({64, 1, 4});
  base::Random random(10);
  Written written;
  store.resize(70);
  fill(store, 0, random, written);
  const CodeStore copy = store;
  store.move(69, 0);
  store.scale_factors(0, 70, 0.25F, 0.5F);
  store.resize(3);
  for (std::size_t slot = 0; slot < 70; ++slot) expect_code(copy, slot, written, slot);
}

// --- rounding to float16

// What write_scan stores for a factor.
Factors stored(const Factors& factors) {
  CodeStore store({64, 1, 0});
  store.resize(1);
  const std::vector<std::uint8_t> codes(64);
  store.writer().write_scan(0, codes.data(), factors);
  return scan_factors(store.scan_codes(), 0);
}

TEST(CodeStore, AddIsTheNearestHalfBelow) {
  base::Random random(11);
  for (int round = 0; round < 2000; ++round) {
    const int exponent = static_cast<int>(random.uniform_below(60)) - 44;
    const float magnitude = std::ldexp(1.0F + random.uniform_float(), exponent);
    const float value = random.uniform_below(2) == 0 ? magnitude : -magnitude;
    const float half = stored({value, 1.0F, 1.0F}).add;
    ASSERT_LE(half, value);
    // No other half lies between.
    const std::uint16_t bits = base::float_to_half(half);
    std::uint16_t next = static_cast<std::uint16_t>(half < 0 ? bits - 1 : bits + 1);
    if (bits == 0x8000U) next = 1;
    ASSERT_GT(base::half_to_float(next), value) << "value " << value << ", stored " << half;
  }
}

TEST(CodeStore, ErrorIsTheNearestHalfAbove) {
  base::Random random(12);
  for (int round = 0; round < 2000; ++round) {
    const int exponent = static_cast<int>(random.uniform_below(60)) - 44;
    const float value = std::ldexp(1.0F + random.uniform_float(), exponent);
    const float half = stored({1.0F, 1.0F, value}).error;
    ASSERT_GE(half, value);
    const std::uint16_t bits = base::float_to_half(half);
    ASSERT_LT(base::half_to_float(static_cast<std::uint16_t>(bits - 1)), value);
  }
}

TEST(CodeStore, HalvesAndZeroAreStoredExactly) {
  for (const float value : {0.0F, 1.0F, 0.5F, 1000.0F, 65504.0F, 0x1p-24F, 0x1p-14F}) {
    const Factors factors = stored({value, value, value});
    EXPECT_EQ(factors.add, value);
    EXPECT_EQ(factors.rescale, value);
    EXPECT_EQ(factors.error, value);
  }
  EXPECT_EQ(stored({-1.5F, 1.0F, 1.0F}).add, -1.5F);
}

TEST(CodeStore, ScalingByPowersOfTwoIsExactWhereFactorsStayNormal) {
  CodeStore store({64, 2, 3});
  base::Random random(13);
  Written written;
  store.resize(80);
  fill(store, 0, random, written);
  const CodeStore before = store;
  store.scale_factors(0, 77, 0x1p-4F, 0x1p-2F);
  const Reader now(store);
  const Reader then(before);
  constexpr std::array<float, 3> kBy = {0x1p-4F, 0x1p-2F, 0x1p-2F};
  for (std::size_t slot = 77; slot < 80; ++slot) expect_code(store, slot, written, slot);
  for (std::size_t slot = 0; slot < 77; ++slot) {
    for (std::size_t f = 0; f < 3; ++f) {
      EXPECT_EQ(now.refine_factor(slot, f), then.refine_factor(slot, f) * kBy[f]);
      const float wanted = then.scan_factor(slot, f) * kBy[f];
      if (wanted < 0x1p-14F) continue;
      EXPECT_EQ(now.scan_factor(slot, f), wanted);
    }
    for (std::size_t d = 0; d < 64; ++d) {
      ASSERT_EQ(now.scan_code(slot, d), then.scan_code(slot, d));
    }
  }
  expect_empty_lanes(store);
}

TEST(CodeStore, ScalingIntoTheSubnormalsKeepsBoundsOnTheirSide) {
  CodeStore store({64, 1, 0});
  base::Random random(14);
  Written written;
  store.resize(64);
  fill(store, 0, random, written);
  const CodeStore before = store;
  store.scale_factors(0, 64, 0x1p-30F, 0x1p-15F);
  for (std::size_t slot = 0; slot < 64; ++slot) {
    EXPECT_LE(Reader(store).scan_factor(slot, 0), Reader(before).scan_factor(slot, 0) * 0x1p-30F);
    EXPECT_GE(Reader(store).scan_factor(slot, 2), Reader(before).scan_factor(slot, 2) * 0x1p-15F);
  }
}

}  // namespace
}  // namespace ruvector::index
