#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lake/arrow_samples.h"
#include "ruvector/base/errors.h"
#include "ruvector/lake/arrow.h"

namespace ruvector::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A table with the ids first.. and vectors (id, -id).
SampleArray table_of(Id first, std::size_t count) {
  std::vector<Id> ids;
  std::vector<float> values;
  for (Id id = first; id < first + count; ++id) {
    ids.push_back(id);
    values.push_back(static_cast<float>(id));
    values.push_back(-static_cast<float>(id));
  }
  const auto rows = static_cast<std::int64_t>(count);
  return SampleArray::of_table(
      rows,
      {SampleArray::of_values("u", "text", rows, {}),
       SampleArray::of_values("L", "id", rows, bytes_of(ids)),
       SampleArray::of_fixed_lists(
           "vector", rows, 2, SampleArray::of_values("f", "item", 2 * rows, bytes_of(values)))});
}

class ArrowImport : public ::testing::Test {
 protected:
  ~ArrowImport() override { EXPECT_TRUE(counts_.all_released_once()); }

  std::unique_ptr<PulledChunks> import(SampleStream stream, const ArrowParams& params = {}) {
    ArrowArrayStream exported = std::move(stream).exported();
    auto chunks = import_arrow_stream("store", &exported, params);
    EXPECT_EQ(exported.release, nullptr);
    return chunks;
  }

  // The message of the BackendError that importing and reading all ends with.
  std::string failure(SampleStream stream, const ArrowParams& params = {}) {
    ArrowArrayStream exported = std::move(stream).exported();
    try {
      const auto chunks = import_arrow_stream("store", &exported, params);
      while (chunks->next()) {
      }
    } catch (const BackendError& error) {
      EXPECT_EQ(exported.release, nullptr);
      EXPECT_EQ(error.backend(), "store");
      return error.what();
    }
    return "";
  }

  ReleaseCounts counts_;
};

std::vector<Id> ids_of(const PulledBatch& batch) {
  return {batch.ids.data, batch.ids.data + batch.ids.rows};
}

TEST_F(ArrowImport, GivesEachRecordBatchInTurn) {
  const auto chunks = import(SampleStream::of({table_of(1, 3), table_of(4, 2)}, &counts_),
                             {.generation = Generation("v1")});
  const auto first = chunks->next();
  const auto second = chunks->next();
  ASSERT_TRUE(first && second);
  EXPECT_THAT(ids_of(*first), ElementsAre(1, 2, 3));
  EXPECT_THAT(ids_of(*second), ElementsAre(4, 5));
  EXPECT_EQ(second->vectors.cols, 2u);
  EXPECT_EQ(second->vectors.data[3], -5.0f);
  EXPECT_EQ(second->generation, Generation("v1"));
  EXPECT_EQ(chunks->next(), std::nullopt);
  EXPECT_EQ(counts_.streams_released, 1);  // at the end, not with the object
  EXPECT_EQ(chunks->next(), std::nullopt);
}

TEST_F(ArrowImport, KeepsTheExportersMemoryUntilTheLastBatchGoes) {
  auto chunks = import(SampleStream::of({table_of(1, 3)}, &counts_));
  auto batch = chunks->next();
  chunks.reset();
  EXPECT_EQ(counts_.streams_released, 1);
  EXPECT_EQ(counts_.arrays_released, 0);
  SharedArray<float> vectors = batch->vectors;
  batch.reset();
  EXPECT_EQ(counts_.arrays_released, 0);
  EXPECT_EQ(vectors.data[4], 3.0f);
  vectors = {};
  EXPECT_EQ(counts_.arrays_released, counts_.arrays_made);
}

TEST_F(ArrowImport, GivesMemoryBackAtOnceWhenAllWasConverted) {
  SampleArray table = table_of(1, 2);
  table.children[1] = SampleArray::of_values("i", "id", 2, bytes_of<std::int32_t>({1, 2}));
  table.children[2].children[0] =
      SampleArray::of_values("g", "item", 4, bytes_of<double>({1, 2, 3, 4}));
  const auto chunks = import(SampleStream::of({table}, &counts_));
  const auto batch = chunks->next();
  EXPECT_EQ(counts_.arrays_released, counts_.arrays_made);
  EXPECT_EQ(batch->vectors.data[3], 4.0f);
}

TEST_F(ArrowImport, LeavesOutBatchesWithoutRows) {
  const auto chunks = import(
      SampleStream::of({table_of(1, 0), table_of(1, 0), table_of(1, 2), table_of(1, 0)}, &counts_));
  EXPECT_THAT(ids_of(*chunks->next()), ElementsAre(1, 2));
  EXPECT_EQ(chunks->next(), std::nullopt);
}

TEST_F(ArrowImport, GivesOneBatchForATableWithoutRows) {
  const auto chunks = import(SampleStream::of({table_of(1, 0), table_of(1, 0)}, &counts_));
  const auto batch = chunks->next();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->ids.rows, 0u);
  EXPECT_EQ(batch->vectors.rows, 0u);
  EXPECT_EQ(batch->vectors.cols, 2u);
  EXPECT_EQ(chunks->next(), std::nullopt);
}

TEST_F(ArrowImport, AppliesTheOffsetOfATableToItsColumns) {
  SampleArray table = table_of(1, 5);
  table.offset = 2;
  table.length = 3;
  const auto chunks = import(SampleStream::of({table}, &counts_));
  const auto batch = chunks->next();
  EXPECT_THAT(ids_of(*batch), ElementsAre(3, 4, 5));
  EXPECT_EQ(batch->vectors.data[0], 3.0f);
}

TEST_F(ArrowImport, TakesColumnsByTheirNames) {
  SampleArray table = table_of(1, 1);
  table.children[1].name = "key";
  table.children[2].name = "emb";
  const auto chunks =
      import(SampleStream::of({table}, &counts_), {.id_column = "key", .vector_column = "emb"});
  EXPECT_THAT(ids_of(*chunks->next()), ElementsAre(1));
  EXPECT_THAT(failure(SampleStream::of({table}, &counts_)),
              HasSubstr("column 'id' is not among 'text', 'key', 'emb'"));
  table.children[0].name = "emb";
  EXPECT_THAT(
      failure(SampleStream::of({table}, &counts_), {.id_column = "key", .vector_column = "emb"}),
      HasSubstr("column 'emb' is there twice"));
}

TEST_F(ArrowImport, TellsWhatTheExporterSaid) {
  SampleStream stream = SampleStream::of({table_of(1, 2), table_of(3, 2)}, &counts_);
  stream.fails_at = 1;
  const auto chunks = import(std::move(stream));
  EXPECT_TRUE(chunks->next());
  for (int i = 0; i < 2; ++i) {  // the failure stays: an end here would look like a whole table
    EXPECT_THAT([&] { chunks->next(); },
                ::testing::ThrowsMessage<BackendError>(
                    "backend 'store': reading the stream: the disk is on fire"));
    EXPECT_EQ(counts_.streams_released, 1);
  }
  stream = SampleStream::of({table_of(1, 2)}, &counts_);
  stream.fails_at = 0;
  stream.has_message = false;
  EXPECT_THAT(failure(std::move(stream)), HasSubstr("Input/output error"));
  stream = SampleStream::of({table_of(1, 2)}, &counts_);
  stream.schema_fails = true;
  EXPECT_THAT(failure(std::move(stream)), HasSubstr("reading the schema: the disk is on fire"));
}

TEST_F(ArrowImport, RefusesAStreamThatWasReadBefore) {
  ArrowArrayStream released{};
  EXPECT_THAT([&] { import_arrow_stream("store", &released); },
              ::testing::ThrowsMessage<BackendError>(HasSubstr("was read before")));
}

TEST_F(ArrowImport, RefusesAStreamOfColumns) {
  const SampleArray column = SampleArray::of_values("l", "id", 1, bytes_of<std::int64_t>({1}));
  EXPECT_THAT(failure(SampleStream::of({column}, &counts_)),
              HasSubstr("the Arrow type 'l', not of tables"));
}

TEST_F(ArrowImport, CountsRowsAcrossBatchesInMessages) {
  SampleArray bad = table_of(6, 2);
  bad.children[1].set_bitmap({0b01}, 1);
  EXPECT_THAT(failure(SampleStream::of({table_of(1, 5), bad}, &counts_), {.rows_before = 100}),
              HasSubstr("column 'id': row 106 is null"));
  bad = table_of(6, 2);
  bad.set_bitmap({0b10}, 1);
  EXPECT_THAT(failure(SampleStream::of({table_of(1, 5), bad}, &counts_)),
              HasSubstr("column 'record batch': row 5 is null"));
}

TEST_F(ArrowImport, RefusesBatchesThatDifferFromTheSchemaOrTheirSize) {
  SampleArray bad = table_of(1, 2);
  bad.children.pop_back();
  SampleStream stream = SampleStream::of({table_of(1, 2)}, &counts_);
  stream.tables = {bad};
  EXPECT_THAT(failure(std::move(stream)), HasSubstr("has 2 columns, the schema 3"));
  for (const std::int64_t length : {std::int64_t{-1}, std::int64_t{1} << 62}) {
    bad = table_of(1, 2);
    bad.length = length;
    EXPECT_THAT(failure(SampleStream::of({bad}, &counts_)), HasSubstr("above the limit"));
  }
  bad = table_of(1, 2);
  bad.offset = -1;
  EXPECT_THAT(failure(SampleStream::of({bad}, &counts_)), HasSubstr("offset -1"));
  bad.offset = 1;
  EXPECT_THAT(failure(SampleStream::of({bad}, &counts_)), HasSubstr("column 'id': has length 2"));
}

TEST_F(ArrowImport, RefusesBatchesOfAnotherDimension) {
  SampleStream stream = SampleStream::of({table_of(1, 2), table_of(3, 2)}, &counts_);
  const auto lists = [](std::int32_t dim) {
    return SampleArray::of_lists<std::int32_t>(
        "vector", {0, dim, 2 * dim},
        SampleArray::of_values("f", "item", 2 * dim,
                               bytes_of(std::vector<float>(static_cast<std::size_t>(2 * dim)))));
  };
  stream.schema.children[2] = lists(2);
  stream.tables[0].children[2] = lists(2);
  stream.tables[1].children[2] = lists(3);
  EXPECT_THAT(failure(std::move(stream)), HasSubstr("row 2 has 3 dimensions, not 2"));
}

}  // namespace
}  // namespace ruvector::lake
