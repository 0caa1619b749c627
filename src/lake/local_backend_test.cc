#include "ruvector/lake/local_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/random.h"
#include "ruvector/base/errors.h"
#include "ruvector/index/rabitq_index.h"

namespace ruvector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

constexpr std::size_t kDim = 6;

std::vector<Id> ids_from(Id first, std::size_t count) {
  std::vector<Id> ids(count);
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

// Rows that are all `value`, and rows of random values.
std::vector<float> constant(std::size_t rows, float value) {
  return std::vector<float>(rows * kDim, value);
}
std::vector<float> random_rows(std::size_t rows, std::uint64_t seed) {
  base::Random random(seed);
  std::vector<float> values(rows * kDim);
  for (float& value : values) value = random.uniform_float();
  return values;
}
MatrixView view(const std::vector<float>& values) {
  return {values.data(), values.size() / kDim, kDim};
}

using Rows = std::map<Id, std::vector<float>>;

Rows rows_of(const PulledBatch& batch) {
  EXPECT_EQ(batch.ids.rows, batch.vectors.rows);
  Rows rows;
  for (std::size_t i = 0; i < batch.ids.rows; ++i) {
    const float* row = batch.vectors.data + i * batch.vectors.cols;
    rows[batch.ids.data[i]] = std::vector<float>(row, row + batch.vectors.cols);
  }
  EXPECT_EQ(rows.size(), batch.ids.rows) << "an id is there twice";
  return rows;
}

class Local : public ::testing::Test {
 protected:
  void upsert(std::span<const Id> ids, const std::vector<float>& values) {
    backend_.upsert("docs", ids, view(values));
  }
  Rows rows() { return rows_of(backend_.pull_vectors("docs")); }
  Generation generation() { return backend_.generation("docs"); }

  LocalBackend backend_{"hot"};
};

TEST_F(Local, HoldsWhatItWasGiven) {
  const std::vector<float> values = random_rows(3, 1);
  upsert(std::vector<Id>{7, 1, 5'000'000'000}, values);
  EXPECT_EQ(backend_.size("docs"), 3U);
  EXPECT_EQ(backend_.dim("docs"), kDim);
  EXPECT_EQ(backend_.id(), "hot");
  const PulledBatch batch = backend_.pull_vectors("docs");
  EXPECT_EQ(std::vector<Id>(batch.ids.data, batch.ids.data + 3),
            (std::vector<Id>{7, 1, 5'000'000'000}));
  EXPECT_EQ(std::vector<float>(batch.vectors.data, batch.vectors.data + 3 * kDim), values);
  EXPECT_EQ(batch.vectors.cols, kDim);
  EXPECT_EQ(batch.vectors.row_stride, kDim);
  EXPECT_EQ(batch.generation, generation());
}

TEST_F(Local, ReplacesInPlaceAndAddsAtTheEnd) {
  upsert(ids_from(0, 4), constant(4, 1));
  upsert(std::vector<Id>{9, 2, 8, 0}, constant(4, 2));
  const PulledBatch batch = backend_.pull_vectors("docs");
  EXPECT_EQ(std::vector<Id>(batch.ids.data, batch.ids.data + batch.ids.rows),
            (std::vector<Id>{0, 1, 2, 3, 9, 8}));
  std::vector<float> firsts;
  firsts.reserve(6);
  for (std::size_t i = 0; i < 6; ++i) firsts.push_back(batch.vectors.data[i * kDim]);
  EXPECT_THAT(firsts, ElementsAre(2, 1, 2, 1, 2, 2));
}

TEST_F(Local, APullSharesTheRowsInsteadOfCopyingThem) {
  upsert(ids_from(0, 1000), random_rows(1000, 1));
  const PulledBatch a = backend_.pull_vectors("docs");
  const PulledBatch b = backend_.pull_vectors("docs");
  EXPECT_EQ(a.vectors.data, b.vectors.data);
  EXPECT_EQ(a.ids.data, b.ids.data);
  const RabitqPlusIndex index = RabitqPlusIndex::build(a.vectors);
  EXPECT_EQ(index.rows().data, a.vectors.data) << "store, pull and index hold one copy";
}

TEST_F(Local, WhatWasPulledNeverChanges) {
  const std::vector<float> values = random_rows(100, 1);
  upsert(ids_from(0, 100), values);
  const PulledBatch batch = backend_.pull_vectors("docs");
  const Rows before = rows_of(batch);
  upsert(ids_from(50, 10), constant(10, 3));
  upsert(ids_from(1000, 500), random_rows(500, 2));
  backend_.remove("docs", ids_from(0, 70));
  upsert(ids_from(0, 20), constant(20, 4));
  backend_.drop("docs");
  EXPECT_EQ(rows_of(batch), before);
}

TEST_F(Local, RowsThatNobodyHoldsAreChangedInPlace) {
  upsert(ids_from(0, 1000), random_rows(1000, 1));
  const float* const place = backend_.pull_vectors("docs").vectors.data;
  for (Id round = 0; round < 10; ++round) {
    upsert(ids_from(round * 100, 100), constant(100, 1));
    EXPECT_EQ(backend_.pull_vectors("docs").vectors.data, place);
  }
  EXPECT_EQ(rows().at(999), std::vector<float>(kDim, 1));
}

TEST_F(Local, FollowsAPlainMapThroughRandomChanges) {
  base::Random random(11);
  Rows model;
  std::vector<PulledBatch> pulled;
  for (int round = 0; round < 300; ++round) {
    std::vector<Id> ids;
    for (Id id = 0; id < 60; ++id) {
      if (random.uniform_below(4) == 0) ids.push_back(id * id);
    }
    if (round % 3 == 2) {
      std::erase_if(ids, [&](Id id) { return !model.contains(id); });
      backend_.remove("docs", ids);
      for (const Id id : ids) model.erase(id);
    } else {
      const std::vector<float> values =
          random_rows(ids.size(), 1000U + static_cast<unsigned>(round));
      upsert(ids, values);
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto row = view(values).row(i);
        model[ids[i]] = std::vector<float>(row.begin(), row.end());
      }
    }
    if (random.uniform_below(3) == 0) pulled.clear();
    pulled.push_back(backend_.pull_vectors("docs"));
    ASSERT_EQ(rows_of(pulled.back()), model);
    // The same content made in one step, in another order.
    LocalBackend other("other");
    std::vector<Id> sorted;
    std::vector<float> values;
    for (const auto& [id, row] : model) {
      sorted.push_back(id);
      values.insert(values.end(), row.begin(), row.end());
    }
    other.upsert("x", sorted, view(values));
    ASSERT_EQ(other.generation("x"), generation());
  }
}

TEST_F(Local, GenerationsAreTextsThatSayHowMuchThereIs) {
  upsert(ids_from(0, 3), constant(3, 1));
  EXPECT_FALSE(generation().is_number());
  EXPECT_THAT(generation().text(), ::testing::MatchesRegex("content:3-6-[0-9a-f]{32}"));
}

TEST_F(Local, GenerationsDifferWheneverTheDataDo) {
  const std::vector<float> values = random_rows(2, 1);
  std::vector<float> swapped(values.begin() + kDim, values.end());
  swapped.insert(swapped.end(), values.begin(), values.begin() + kDim);
  upsert(ids_from(0, 2), values);
  const Generation first = generation();
  upsert(ids_from(0, 2), swapped);
  EXPECT_NE(generation(), first) << "the same rows under other ids";
  upsert(ids_from(0, 2), values);
  EXPECT_EQ(generation(), first);
  std::vector<float> nudged = values;
  nudged[7] = std::nextafter(nudged[7], 2.0F);
  upsert(ids_from(0, 2), nudged);
  EXPECT_NE(generation(), first);
  upsert(ids_from(0, 2), values);
  upsert(ids_from(2, 1), constant(1, 0));
  EXPECT_NE(generation(), first);
  backend_.remove("docs", ids_from(2, 1));
  EXPECT_EQ(generation(), first);
  backend_.remove("docs", ids_from(0, 2));
  const Generation empty = generation();
  EXPECT_THAT(empty.text(), HasSubstr("content:0-6-"));
  backend_.upsert("wider", {}, {nullptr, 0, 7});
  EXPECT_NE(backend_.generation("wider"), empty) << "of another dimension";
}

TEST_F(Local, AFailedUpsertChangesNothing) {
  upsert(ids_from(0, 3), random_rows(3, 1));
  const Rows before = rows();
  const Generation generation_before = generation();
  std::vector<float> bad = random_rows(3, 2);
  EXPECT_THROW(upsert(std::vector<Id>{8, 1, 8}, bad), DuplicateId);
  EXPECT_THROW(upsert(std::vector<Id>{1, 8, 1}, bad), DuplicateId);
  EXPECT_THAT([&] { upsert(ids_from(0, 2), bad); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("2 ids for 3 vectors")));
  EXPECT_THROW(backend_.upsert("docs", ids_from(0, 2), {bad.data(), 2, 7}), DimensionMismatch);
  bad[2 * kDim + 3] = std::numeric_limits<float>::infinity();
  EXPECT_THAT([&] { upsert(ids_from(1, 3), bad); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("row 2 is not finite")));
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(generation(), generation_before);
  EXPECT_THROW(backend_.upsert("new", ids_from(1, 3), view(bad)), std::invalid_argument);
  EXPECT_THROW(backend_.upsert("", ids_from(0, 3), view(random_rows(3, 2))), std::invalid_argument);
  EXPECT_THROW(backend_.upsert("new", {}, {nullptr, 0, 0}), std::invalid_argument);
  EXPECT_THROW(backend_.upsert("new", {}, {nullptr, 0, kMaxDim + 1}), std::invalid_argument);
  EXPECT_THAT(backend_.list_collections(), ElementsAre("docs"));
  EXPECT_THROW(LocalBackend(""), std::invalid_argument);
}

TEST_F(Local, AFailedRemovalChangesNothing) {
  upsert(ids_from(0, 3), random_rows(3, 1));
  const Rows before = rows();
  const Generation generation_before = generation();
  EXPECT_THROW(backend_.remove("docs", std::vector<Id>{1, 3}), IdNotFound);
  EXPECT_THROW(backend_.remove("docs", std::vector<Id>{1, 1}), DuplicateId);
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(generation(), generation_before);
}

TEST_F(Local, ACollectionThatIsNotThereIsUnknown) {
  upsert(ids_from(0, 1), constant(1, 0));
  backend_.drop("docs");
  EXPECT_THAT([&] { backend_.pull_vectors("docs"); },
              ThrowsMessage<UnknownCollection>(HasSubstr("'hot' has no collection 'docs'")));
  EXPECT_THROW(generation(), UnknownCollection);
  EXPECT_THROW(backend_.drop("docs"), UnknownCollection);
  EXPECT_THROW(backend_.remove("docs", {}), UnknownCollection);
  EXPECT_THROW(static_cast<void>(backend_.size("docs")), UnknownCollection);
  EXPECT_THROW(static_cast<void>(backend_.dim("docs")), UnknownCollection);
  EXPECT_THROW(backend_.current_bundle("docs", 1, 1), UnknownCollection);
  EXPECT_THAT(backend_.list_collections(), IsEmpty());
  backend_.upsert("docs", ids_from(0, 1), {constant(2, 0).data(), 1, 12});
  EXPECT_EQ(backend_.dim("docs"), 12U) << "made anew, of any dimension";
}

TEST_F(Local, AnEmptyCollectionIsThere) {
  backend_.upsert("docs", {}, {nullptr, 0, kDim});
  EXPECT_EQ(backend_.size("docs"), 0U);
  EXPECT_EQ(backend_.pull_vectors("docs").vectors.cols, kDim);
  EXPECT_THAT(backend_.list_collections(), ElementsAre("docs"));
}

TEST_F(Local, TheBundleNamesTheData) {
  upsert(ids_from(0, 1), constant(1, 0));
  const auto bundle = backend_.current_bundle("docs", 42, 20);
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->data_ref, "local://hot/docs");
  EXPECT_EQ(bundle->data_ref, backend_.data_ref("docs"));
  EXPECT_EQ(bundle->dim, kDim);
  EXPECT_EQ(bundle->generation, generation());
  EXPECT_TRUE(bundle->verify_witness());
  EXPECT_TRUE(backend_.pulls_snapshots());
  EXPECT_FALSE(backend_.may_block());
}

TEST_F(Local, CollectionsAreListedInOrder) {
  for (const char* name : {"b", "ä", "a", "c d"}) {
    backend_.upsert(name, ids_from(0, 1), view(constant(1, 0)));
  }
  EXPECT_THAT(backend_.list_collections(), ElementsAre("a", "b", "c d", "ä"));
}

// Each upsert writes all rows with one value: a pull that sees two of them is torn.
TEST_F(Local, APullDuringAnUpsertSeesBeforeOrAfter) {
  constexpr std::size_t kRows = 2000;
  upsert(ids_from(0, kRows), constant(kRows, 0));
  std::atomic<bool> done{false};
  std::atomic<int> torn{0};
  std::atomic<int> pulls{0};
  const auto read = [&] {
    std::map<Generation, float> seen;
    while (!done) {
      const PulledBatch batch = backend_.pull_vectors("docs");
      const float value = batch.vectors.data[0];
      const float* const end = batch.vectors.data + batch.vectors.rows * kDim;
      torn += std::all_of(batch.vectors.data, end, [&](float x) { return x == value; }) ? 0 : 1;
      const bool whole = batch.ids.rows == kRows || batch.ids.rows == kRows / 2;
      torn += whole && batch.vectors.rows == batch.ids.rows ? 0 : 1;
      const float times = batch.ids.rows == kRows ? value : -1 - value;
      torn += seen.try_emplace(batch.generation, times).first->second == times ? 0 : 1;
      ++pulls;
    }
  };
  std::thread first(read);
  std::thread second(read);
  for (int round = 0; round < 40 || pulls < 200; ++round) {
    upsert(ids_from(0, kRows), constant(kRows, static_cast<float>(round % 7)));
    if (round % 5 == 4) backend_.remove("docs", ids_from(kRows / 2, kRows / 2));
    std::this_thread::yield();
  }
  done = true;
  first.join();
  second.join();
  EXPECT_EQ(torn, 0);
}

TEST_F(Local, ConcurrentUpsertsOfOneNewCollectionAllArrive) {
  for (int round = 0; round < 50; ++round) {
    std::vector<std::thread> writers;
    writers.reserve(4);
    for (Id t = 0; t < 4; ++t) {
      writers.emplace_back([&, t] { upsert(ids_from(t * 10, 10), constant(10, 1)); });
    }
    for (std::thread& writer : writers) writer.join();
    ASSERT_EQ(backend_.size("docs"), 40U);
    backend_.drop("docs");
  }
}

}  // namespace
}  // namespace ruvector
