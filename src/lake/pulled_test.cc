#include "lake/pulled.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "lake/test_lake.h"

namespace ruvector::lake {
namespace {

// Hands out what it is given, then what `end` throws or nothing.
class Chunks final : public PulledChunks {
 public:
  explicit Chunks(std::vector<PulledBatch> chunks, std::optional<std::size_t> rows = {})
      : chunks_(std::move(chunks)), rows_(rows) {}
  std::optional<std::size_t> rows() const override { return rows_; }
  std::optional<PulledBatch> next() override {
    if (next_ < chunks_.size()) return chunks_[next_++];
    if (end) end();
    return std::nullopt;
  }
  std::function<void()> end;

 private:
  std::vector<PulledBatch> chunks_;
  std::optional<std::size_t> rows_;
  std::size_t next_ = 0;
};

PulledBatch batch(std::size_t n, std::size_t dim, Id first_id, Generation generation = 1) {
  const Rows rows = random_rows(n, dim, 5, first_id);
  return PulledBatch::copy_of(rows.ids, rows.view(), std::move(generation));
}

std::string refusal(std::vector<PulledBatch> chunks) {
  Chunks pulled(std::move(chunks));
  return message_of<BackendError>([&] { join_chunks(kDocs, pulled, {}); });
}

TEST(Pulled, OneChunkIsTakenAsItIs) {
  const PulledBatch only = batch(10, 4, 0);
  Chunks chunks({only});
  const PulledBatch joined = join_chunks(kDocs, chunks, {});
  EXPECT_EQ(joined.vectors.data, only.vectors.data) << "without a copy";
  EXPECT_EQ(joined.generation, only.generation);
}

TEST(Pulled, ChunksAreJoinedInTheirOrder) {
  for (const std::optional<std::size_t> hint :
       {std::optional<std::size_t>{}, {9}, {1}, {kMaxVectors}, {kMaxVectors + 1}}) {
    // The first and an inner one are empty; the first does not even tell a dimension.
    Chunks chunks({batch(0, 0, 0), batch(4, 3, 100), batch(0, 3, 0), batch(5, 3, 200)}, hint);
    const PulledBatch joined = join_chunks(kDocs, chunks, {});
    ASSERT_EQ(joined.ids.rows, 9u);
    ASSERT_EQ(joined.vectors.rows, 9u);
    ASSERT_EQ(joined.vectors.cols, 3u);
    const PulledBatch first = batch(4, 3, 100);
    const PulledBatch second = batch(5, 3, 200);
    for (std::size_t i = 0; i < 9; ++i) {
      const PulledBatch& part = i < 4 ? first : second;
      const std::size_t row = i < 4 ? i : i - 4;
      EXPECT_EQ(joined.ids.data[i], part.ids.data[row]);
      for (std::size_t j = 0; j < 3; ++j) {
        EXPECT_EQ(joined.vectors.data[i * 3 + j], part.vectors.data[row * 3 + j]);
      }
    }
  }
}

TEST(Pulled, ChunksOfSeveralVersionsAreRefused) {
  EXPECT_NE(refusal({batch(2, 3, 0, 1), batch(2, 3, 9, 2)}).find("generation 2"),
            std::string::npos);
  EXPECT_NE(refusal({batch(2, 3, 0, 1), batch(2, 3, 9, Generation("1"))}).find("generation 1"),
            std::string::npos)
      << "a number and a text are two generations, whatever they look like";
}

TEST(Pulled, ChunksOfSeveralDimensionsAreRefused) {
  EXPECT_NE(refusal({batch(2, 3, 0), batch(2, 4, 9)}).find("dimension 4"), std::string::npos);
}

TEST(Pulled, LengthsThatDoNotFitAreRefused) {
  PulledBatch more_ids = batch(3, 4, 0);
  more_ids.ids.rows = 5;
  EXPECT_NE(refusal({more_ids}).find("5 ids for 3 vectors"), std::string::npos);
  PulledBatch no_dim = batch(3, 4, 0);
  no_dim.vectors.cols = 0;
  EXPECT_NE(refusal({no_dim}).find("dimension 0"), std::string::npos);
  PulledBatch wide = batch(3, 4, 0);
  wide.vectors.cols = kMaxDim + 1;
  EXPECT_NE(refusal({wide}).find("8193 is not in 1..8192"), std::string::npos);
  PulledBatch long_one = batch(3, 4, 0);
  long_one.ids.rows = long_one.vectors.rows = kMaxVectors + 1;
  EXPECT_NE(refusal({long_one}).find("above the limit of 100000000"), std::string::npos);
  EXPECT_NE(refusal({batch(1, 4, 9), long_one}).find("above the limit"), std::string::npos);
  PulledBatch gaps = batch(3, 4, 0);
  gaps.vectors.row_stride = 5;
  EXPECT_NE(refusal({gaps}).find("5 floats apart"), std::string::npos);
}

TEST(Pulled, MemoryThatIsNotThereIsRefused) {
  PulledBatch no_ids = batch(3, 4, 0);
  no_ids.ids.data = nullptr;
  EXPECT_NE(refusal({no_ids}).find("their ids"), std::string::npos);
  PulledBatch no_rows = batch(3, 4, 0);
  no_rows.vectors.data = nullptr;
  EXPECT_NE(refusal({batch(1, 4, 9), no_rows}).find("their values"), std::string::npos);
}

TEST(Pulled, AStoreThatGivesNoChunkIsRefused) {
  EXPECT_NE(refusal({}).find("no chunk"), std::string::npos);
}

TEST(Pulled, AnExceptionInTheMiddleNamesTheCollection) {
  Chunks chunks({batch(2, 3, 0), batch(2, 3, 9)});
  chunks.end = [] { throw std::runtime_error("the connection was reset"); };
  EXPECT_EQ(message_of<BackendError>([&] { join_chunks(kDocs, chunks, {}); }),
            "backend 'store': collection 'docs': the connection was reset");
  Chunks odd({batch(2, 3, 0)});
  odd.end = [] { throw 42; };
  EXPECT_NE(
      message_of<BackendError>([&] { join_chunks(kDocs, odd, {}); }).find("collection 'docs'"),
      std::string::npos);
}

TEST(Pulled, PollingMayStopThePullBetweenChunks) {
  Chunks chunks({batch(2, 3, 0), batch(2, 3, 9), batch(2, 3, 20)});
  EXPECT_THROW(join_chunks(kDocs, chunks, [](std::size_t, std::size_t) { throw 7; }), int);
}

}  // namespace
}  // namespace ruvector::lake
