#include "index/state.h"

#include <gtest/gtest.h>

#include <string>

#include "index/growth.h"
#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

TEST(CodeShape, TheScanReadsOneBitOrTwo) {
  for (const Kind kind : {Kind::rabitq, Kind::rabitq_plus, Kind::rabitq_asym}) {
    for (std::uint32_t bits = 1; bits <= 8; ++bits) {
      const CodeShape shape = code_shape(kind, 100, bits);
      EXPECT_EQ(shape.dims, 128U);
      EXPECT_EQ(shape.scan_bits, bits == 2 ? 2U : 1U);
      if (bits > 2) {
        EXPECT_EQ(shape.refine_bits, bits) << kind_name(kind);
      }
    }
  }
}

TEST(CodeShape, OnlyACascadeRefinesCodesOfOneOrTwoBits) {
  for (const std::uint32_t bits : {1U, 2U}) {
    EXPECT_GE(code_shape(Kind::rabitq_plus, 64, bits).refine_bits, 2U);
    EXPECT_EQ(code_shape(Kind::rabitq, 64, bits).refine_bits, 0U);
    EXPECT_EQ(code_shape(Kind::rabitq_asym, 64, bits).refine_bits, 0U);
  }
}

TEST(CodeShape, DimensionsArePaddedTo64) {
  for (const std::size_t dim : {1U, 63U, 64U, 65U, 8191U, 8192U}) {
    const CodeShape shape = code_shape(Kind::rabitq, dim, 1);
    EXPECT_EQ(shape.dims % 64, 0U);
    EXPECT_GE(shape.dims, dim);
    EXPECT_LT(shape.dims, dim + 64);
  }
}

TEST(KindName, IsTheNameOfTheClass) {
  EXPECT_EQ(std::string(kind_name(Kind::flat_f32)), "FlatF32Index");
  EXPECT_EQ(std::string(kind_name(Kind::rabitq)), "RabitqIndex");
  EXPECT_EQ(std::string(kind_name(Kind::rabitq_plus)), "RabitqPlusIndex");
  EXPECT_EQ(std::string(kind_name(Kind::rabitq_asym)), "RabitqAsymIndex");
}

TEST(State, RowsAreSeenOnlyWhereTheyAreKept) {
  const TestVectors data = gaussian_vectors(10, 5, 1);
  BuildParams params;
  params.metric = Metric::cosine;
  const State plus = build_state(Kind::rabitq_plus, data.view(), params);
  EXPECT_EQ(plus.row_view().data, plus.rows.data());
  EXPECT_EQ(plus.row_view().inverse_norms, plus.inverse_norms.data());
  EXPECT_EQ(plus.row_view().count, 10U);
  EXPECT_EQ(plus.row_view().dim, 5U);
  const State codes = build_state(Kind::rabitq, data.view(), params);
  EXPECT_EQ(codes.row_view().data, nullptr);
  EXPECT_EQ(codes.row_view().ids, codes.ids.data());
}

TEST(Engine, ACopyDoesNotFollowTheOriginal) {
  const TestVectors data = gaussian_vectors(10, 5, 1);
  Engine original(build_state(Kind::rabitq_plus, data.view(), {}));
  const Engine copy(original);
  original.write([](State& state) { remove(state, std::vector<Id>{3}); });
  EXPECT_EQ(original.read([](const State& state) { return state.size(); }), 9U);
  EXPECT_EQ(copy.read([](const State& state) { return state.size(); }), 10U);
}

}  // namespace
}  // namespace ruvector::index
