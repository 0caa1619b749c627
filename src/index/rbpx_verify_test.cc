#include "index/rbpx_verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/test_folder.h"
#include "index/rbpx_samples.h"

namespace ruvector::index {
namespace {

using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class RbpxVerify : public ::testing::Test {
 protected:
  // The refusal by verify of an image whose checksums are right, which loads without verify.
  template <class T>
  std::string after(const Sample& sample, SectionType type, std::size_t byte, T value) {
    EditableImage image(serialize_rbpx(sample_state(sample)));
    image.set(type, byte, value);
    const Bytes bytes = image.seal();
    EXPECT_EQ(refusal(folder_, bytes, sample.kind, false), "");
    return refusal(folder_, bytes, sample.kind, true);
  }

  const base::TestFolder folder_;
};

TEST_F(RbpxVerify, AnIdThatIsThereTwiceIsFound) {
  const Id id = sample_ids({})[4];
  EXPECT_THAT(after({}, SectionType::ids, 8 * 9, id),
              HasSubstr("has id " + std::to_string(id) + " twice"));
}

TEST_F(RbpxVerify, AFalsePromiseThatIdsCountFromZeroIsFound) {
  EXPECT_THAT(after({.counted_ids = true}, SectionType::ids, 8 * 9, Id{77}),
              HasSubstr("slot 9 has id 77"));
}

TEST_F(RbpxVerify, RowsThatNoUserCouldHaveAddedAreFound) {
  for (const Kind kind : {Kind::flat_f32, Kind::rabitq_plus}) {
    EXPECT_THAT(after({.kind = kind}, SectionType::rows, 4 * (3 * 20 + 7), kNan),
                HasSubstr("row 3 is not finite"));
    EXPECT_THAT(after({.kind = kind}, SectionType::rows, 4 * 20, 1e19F),
                HasSubstr("row 1 has squared norm"));
  }
}

TEST_F(RbpxVerify, NormsThatAreNoneAreFound) {
  EXPECT_THAT(after({}, SectionType::norms, 4 * 6, -1.0F), HasSubstr("section norms has -1 at 6"));
  EXPECT_THAT(after({.metric = Metric::cosine}, SectionType::inverse_norms, 4 * 6, kNan),
              HasSubstr("section inverse_norms has nan at 6"));
}

TEST_F(RbpxVerify, FactorsOutsideOfTheirRangesAreFound) {
  const State state = sample_state({});
  const CodeShape shape = state.codes.shape();
  const std::size_t adds = shape.words() * 256;
  constexpr std::uint16_t kHalfNan = 0x7e00;
  constexpr std::uint16_t kMinusOne = 0xbc00;
  for (std::size_t factor = 0; factor < 3; ++factor) {
    EXPECT_THAT(after({}, SectionType::scan_blocks, adds + factor * 128 + 2 * 5, kHalfNan),
                HasSubstr("section scan_blocks has factors"));
    const std::size_t record = 5 * shape.record_stride() + shape.dims / 8 * shape.refine_bits;
    EXPECT_THAT(after({}, SectionType::refine_records, record + 4 * factor, kNan),
                HasSubstr("in slot 5"));
  }
  EXPECT_THAT(after({}, SectionType::scan_blocks, adds + 256 + 2 * 5, kMinusOne),
              HasSubstr("in slot 5"));
}

TEST_F(RbpxVerify, CodesInLanesWithoutAVectorAreFound) {
  const CodeShape shape = sample_state({}).codes.shape();
  EXPECT_THAT(after({}, SectionType::scan_blocks, 2 * shape.block_bytes() + 4 * 40, 1U),
              HasSubstr("lane 168"));
}

TEST_F(RbpxVerify, QueriesThatAreNotFiniteAreFound) {
  State state = sample_state({.count = 300, .partitions = 8});
  const std::vector<float> queries = sample_rows(20, state.dim, 5);
  calibrate(state, {queries.data(), 20, state.dim}, 1);
  EditableImage image(serialize_rbpx(state));
  image.set(SectionType::partition_queries, 4 * 33, kNan);
  const Bytes bytes = image.seal();
  EXPECT_EQ(refusal(folder_, bytes, state.kind, false), "");
  EXPECT_THAT(refusal(folder_, bytes, state.kind, true), HasSubstr("has a query with a value of"));
}

TEST_F(RbpxVerify, NothingIsFoundInWhatTheWriterWrites) {
  for (const Kind kind : {Kind::flat_f32, Kind::rabitq, Kind::rabitq_plus, Kind::rabitq_asym}) {
    for (const Metric metric : {Metric::l2, Metric::ip, Metric::cosine}) {
      const Sample sample{.kind = kind, .metric = metric};
      EXPECT_EQ(refusal(folder_, serialize_rbpx(sample_state(sample)), kind, true), "");
    }
  }
}

}  // namespace
}  // namespace ruvector::index
