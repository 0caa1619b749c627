#include "ruvector/index/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <memory>
#include <numeric>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/test_folder.h"
#include "index/test_vectors.h"
#include "ruvector/index/flat_f32_index.h"
#include "ruvector/index/rabitq_index.h"

namespace ruvector {
namespace {

using index::gaussian_vectors;
using index::TestVectors;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<Id> ids_from(Id first, std::size_t count) {
  std::vector<Id> ids(count);
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

template <class T>
class EveryIndex : public ::testing::Test {
 protected:
  TestVectors data_ = gaussian_vectors(300, 20, 1);
};
using Classes = ::testing::Types<FlatF32Index, RabitqIndex, RabitqPlusIndex, RabitqAsymIndex>;
TYPED_TEST_SUITE(EveryIndex, Classes);

TYPED_TEST(EveryIndex, TellsWhatItWasBuiltFrom) {
  BuildParams params;
  params.seed = 7;
  params.metric = Metric::ip;
  const TypeParam built = TypeParam::build(this->data_.view(), params);
  EXPECT_EQ(built.size(), 300U);
  EXPECT_EQ(built.dim(), 20U);
  EXPECT_EQ(built.seed(), 7U);
  EXPECT_EQ(built.metric(), Metric::ip);
  EXPECT_EQ(built.rerank_factor(), std::nullopt);
  EXPECT_EQ(built.bits(), (std::is_same_v<TypeParam, FlatF32Index>) ? 32U : 1U);
}

TYPED_TEST(EveryIndex, HoldsTheIdsThatItWasGiven) {
  const std::vector<Id> ids = ids_from(5'000'000'000, 300);
  BuildParams params;
  params.ids = ids;
  TypeParam built = TypeParam::build(this->data_.view(), params);
  EXPECT_TRUE(built.contains(5'000'000'299));
  EXPECT_FALSE(built.contains(0));
  const SharedArray<Id> held = built.ids();
  EXPECT_EQ(held.rows, 300U);
  built.remove(std::vector<Id>{5'000'000'000, 5'000'000'007});
  EXPECT_FALSE(built.contains(5'000'000'007));
  EXPECT_EQ(built.size(), 298U);
  // The array that was handed out has not changed.
  EXPECT_EQ(std::vector<Id>(held.data, held.data + held.rows), ids);
}

TYPED_TEST(EveryIndex, GivesVectorsBackExactlyWhereItKeepsThem) {
  TypeParam built = TypeParam::build(this->data_.view(), {});
  const std::vector<float> extra(20, 0.25F);
  built.add(1000, extra);
  if (built.keeps_rows()) {
    EXPECT_EQ(built.vector(1000), extra);
    EXPECT_EQ(built.vector(3),
              std::vector<float>(this->data_.row(3).begin(), this->data_.row(3).end()));
    const SharedArray<float> rows = built.rows();
    EXPECT_EQ(rows.rows, 301U);
    EXPECT_EQ(rows.cols, 20U);
    EXPECT_EQ(rows.data[300 * 20], 0.25F);
    EXPECT_THROW(built.vector(2000), IdNotFound);
  } else {
    EXPECT_THAT([&] { built.vector(3); },
                ThrowsMessage<RowsNotKept>(HasSubstr("keeps codes only")));
    EXPECT_THROW(built.rows(), RowsNotKept);
  }
}

TYPED_TEST(EveryIndex, ErrorsNameWhatIsWrong) {
  TypeParam built = TypeParam::build(this->data_.view(), {});
  const std::vector<float> short_one(19);
  EXPECT_THROW(built.add(1000, short_one), DimensionMismatch);
  EXPECT_THROW(built.search(short_one, 3), DimensionMismatch);
  EXPECT_THROW(built.add(5, this->data_.row(0)), DuplicateId);
  EXPECT_THROW(built.remove(std::vector<Id>{5, 999}), IdNotFound);
  EXPECT_EQ(built.size(), 300U);
  const TypeParam empty = TypeParam::build(this->data_.first(0), {});
  EXPECT_THROW(empty.search(this->data_.row(0), 3), EmptyIndex);
  BuildParams params;
  const std::vector<Id> twice(300, 4);
  params.ids = twice;
  EXPECT_THROW(TypeParam::build(this->data_.view(), params), DuplicateId);
}

TYPED_TEST(EveryIndex, AStoredVectorIsItsOwnNeighbour) {
  const TestVectors spread = gaussian_vectors(300, 128, 3);
  const TypeParam built = TypeParam::build(spread.view(), {});
  for (std::size_t i = 0; i < 300; i += 37) {
    EXPECT_EQ(built.search(spread.row(i), 1).front().id, i);
  }
}

TYPED_TEST(EveryIndex, CopiesChangeApart) {
  TypeParam original = TypeParam::build(this->data_.view(), {});
  TypeParam copy = original;
  EXPECT_TRUE(copy.equals(original));
  copy.remove(std::vector<Id>{0});
  copy.add(7000, this->data_.row(0));
  EXPECT_FALSE(copy.equals(original));
  EXPECT_TRUE(original.contains(0));
  EXPECT_FALSE(original.contains(7000));
  original = copy;
  EXPECT_TRUE(original.equals(copy));
  const TypeParam moved = std::move(original);
  EXPECT_TRUE(moved.equals(copy));
  EXPECT_EQ(moved.search(this->data_.row(5), 3), copy.search(this->data_.row(5), 3));
}

TYPED_TEST(EveryIndex, SpillsToAFileThatGoesWithTheIndex) {
  const base::TestFolder folder;
  const TypeParam original = TypeParam::build(this->data_.view(), {});
  {
    TypeParam spilled = original;
    spilled.spill_to(folder.path());
    EXPECT_TRUE(spilled.equals(original));
    EXPECT_EQ(spilled.search(this->data_.row(5), 3), original.search(this->data_.row(5), 3));
    spilled.remove(std::vector<Id>{0});
    spilled.add(7000, this->data_.row(0));
    EXPECT_TRUE(spilled.contains(7000));
    EXPECT_THROW(spilled.spill_to(folder.path() / "not there"), PersistError);
    EXPECT_TRUE(spilled.contains(7000));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TYPED_TEST(EveryIndex, EqualMeansTheSameVectorsByTheSameParameters) {
  const TypeParam one = TypeParam::build(this->data_.view(), {});
  EXPECT_TRUE(one.equals(one));
  EXPECT_TRUE(one.equals(TypeParam::build(this->data_.view(), {})));
  EXPECT_FALSE(one.equals(TypeParam::build(this->data_.first(299), {})));
  BuildParams seed;
  seed.seed = 1;
  EXPECT_FALSE(one.equals(TypeParam::build(this->data_.view(), seed)));
  BuildParams metric;
  metric.metric = Metric::ip;
  EXPECT_FALSE(one.equals(TypeParam::build(this->data_.view(), metric)));
  const TestVectors other = gaussian_vectors(300, 20, 2);
  EXPECT_FALSE(one.equals(TypeParam::build(other.view(), {})));
}

TYPED_TEST(EveryIndex, MemoryIsTheSumOfItsRegions) {
  TypeParam built = TypeParam::build(this->data_.view(), {});
  std::size_t sum = 0;
  std::size_t ids = 0;
  for (const auto& [region, bytes] : built.memory_usage()) {
    sum += bytes;
    if (region == "ids") ids = bytes;
  }
  EXPECT_EQ(built.memory_bytes(), sum);
  EXPECT_EQ(ids, 300 * sizeof(Id));
  built.remove(ids_from(0, 290));
  built.compact();
  EXPECT_LT(built.memory_bytes(), sum);
}

TEST(RabitqIndexBase, CodesShareTheIndexsMemory) {
  const TestVectors data = gaussian_vectors(130, 100, 4);
  RabitqIndex built = RabitqIndex::build(data.view(), {});
  const BinaryCodes codes = built.codes();
  EXPECT_EQ(codes.bits, 1U);
  EXPECT_EQ(codes.padded_dim, 128U);
  EXPECT_EQ(codes.ids.rows, 130U);
  EXPECT_EQ(codes.norms.rows, 130U);
  EXPECT_EQ(codes.packed.rows, 3U);
  EXPECT_EQ(codes.packed.cols, 128U / 32U * 256U + 384U);
  EXPECT_EQ(codes.packed.data, built.codes().packed.data);
  const std::vector<std::uint8_t> before(codes.packed.data, codes.packed.data + codes.packed.cols);
  built.remove(ids_from(0, 100));
  EXPECT_TRUE(std::equal(before.begin(), before.end(), codes.packed.data))
      << "codes that were handed out never change";
  EXPECT_EQ(built.rotation().kind, "dense");
  EXPECT_EQ(RabitqIndex::build(gaussian_vectors(3, 300, 1).view(), {}).rotation().kind, "fht_kac");
}

// --- an index over rows of someone else

// Rows whose owner counts who holds them.
SharedArray<float> shared_rows(const std::shared_ptr<TestVectors>& data) {
  return {data, data->values.data(), data->rows, data->cols, data->cols};
}

TEST(AdoptedRows, GiveTheSameIndexAsCopiedOnes) {
  for (const Metric metric : {Metric::l2, Metric::ip, Metric::cosine}) {
    const auto data = std::make_shared<TestVectors>(gaussian_vectors(3000, 40, 8));
    const std::vector<Id> ids = ids_from(70, 3000);
    BuildParams params;
    params.ids = ids;
    params.metric = metric;
    const auto adopted = RabitqPlusIndex::build(shared_rows(data), params);
    const auto copied = RabitqPlusIndex::build(data->view(), params);
    EXPECT_TRUE(adopted.equals(copied));
    EXPECT_EQ(adopted.serialize(), copied.serialize());
    EXPECT_EQ(adopted.search(data->row(5), 10), copied.search(data->row(5), 10));
    EXPECT_EQ(adopted.vector(75), copied.vector(75));
  }
}

TEST(AdoptedRows, AreNeitherCopiedNorLetGo) {
  auto data = std::make_shared<TestVectors>(gaussian_vectors(3000, 40, 8));
  const float* const place = data->values.data();
  const std::weak_ptr<TestVectors> watched = data;
  {
    const auto built = RabitqPlusIndex::build(shared_rows(data));
    data.reset();
    EXPECT_EQ(built.rows().data, place);
    EXPECT_FALSE(watched.expired());
    const RabitqPlusIndex copy = built;
    EXPECT_EQ(copy.rows().data, place);
    for (const auto& [region, bytes] : built.memory_usage()) {
      if (region != "rows") continue;
      EXPECT_EQ(bytes, 3000U * 40U * sizeof(float));
    }
  }
  EXPECT_TRUE(watched.expired());
}

TEST(AdoptedRows, AreCopiedByTheFirstChangeAndStayAsTheyWere) {
  const auto data = std::make_shared<TestVectors>(gaussian_vectors(500, 24, 8));
  const TestVectors more = gaussian_vectors(20, 24, 9);
  const std::vector<float> before = data->values;
  const auto expect_changed = [&](auto&& change) {
    auto adopted = RabitqPlusIndex::build(shared_rows(data));
    auto copied = RabitqPlusIndex::build(data->view());
    change(adopted);
    change(copied);
    EXPECT_TRUE(adopted.equals(copied));
    EXPECT_NE(adopted.rows().data, data->values.data());
    EXPECT_EQ(data->values, before);
    EXPECT_EQ(data.use_count(), 1) << "rows that are no longer used are let go";
  };
  expect_changed([&](RabitqPlusIndex& built) { built.add_batch(ids_from(1000, 20), more.view()); });
  expect_changed([](RabitqPlusIndex& built) { built.remove(ids_from(100, 30)); });
  expect_changed([&](RabitqPlusIndex& built) { built.add(900, more.row(0)); });
}

TEST(AdoptedRows, StayWithTheirOwnerWhenTheyAreRefused) {
  const auto data = std::make_shared<TestVectors>(gaussian_vectors(500, 24, 8));
  SharedArray<float> gaps = shared_rows(data);
  gaps.rows = 200;
  gaps.row_stride = 48;
  EXPECT_THAT([&] { RabitqPlusIndex::build(gaps); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("48 floats apart, expected 24")));
  const std::vector<Id> twice(500, 3);
  BuildParams params;
  params.ids = twice;
  EXPECT_THROW(RabitqPlusIndex::build(shared_rows(data), params), DuplicateId);
  data->values[24 * 7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT([&] { RabitqPlusIndex::build(shared_rows(data)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("row 7 is not finite")));
  gaps.owner.reset();
  EXPECT_EQ(data.use_count(), 1);
}

TEST(AdoptedRows, OfNoVectorMakeAnIndexToAddTo) {
  const SharedArray<float> none{nullptr, nullptr, 0, 24, 24};
  auto built = RabitqPlusIndex::build(none);
  EXPECT_EQ(built.size(), 0U);
  EXPECT_EQ(built.dim(), 24U);
  built.add(1, gaussian_vectors(1, 24, 9).row(0));
  EXPECT_EQ(built.size(), 1U);
}

// --- a storm: readers see a whole state, before or after each change

template <class T>
void storm() {
  const TestVectors data = gaussian_vectors(600, 12, 5);
  T built = T::build(data.first(400), {});
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::atomic<int> reads{0};
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&, t] {
      std::vector<Id> ids(40);
      std::vector<float> scores(40);
      while (!done) {
        const std::vector<Hit> hits = built.search(data.row(static_cast<std::size_t>(t)), 10);
        wrong += hits.size() == 10 ? 0 : 1;
        built.search_batch(data.first(4), 10, ids, scores);
        wrong += std::count(ids.begin(), ids.end(), kNoId) == 0 ? 0 : 1;
        wrong += built.contains(0) ? 0 : 1;
        const SharedArray<Id> held = built.ids();
        wrong += held.data[0] == 0 ? 0 : 1;
        T copy = built;
        copy.remove(ids_from(1, 1));
        wrong += copy.size() >= 399 && !copy.contains(1) ? 0 : 1;
        wrong += built.memory_bytes() > 0 ? 0 : 1;
        ++reads;
        std::this_thread::yield();
      }
    });
  }
  for (Id round = 0; round < 12 || reads < 60; ++round) {
    const std::vector<Id> ids = ids_from(1000 + 200 * round, 200);
    built.add_batch(ids, data.range(400, 600));
    built.remove(ids);
    if (round % 4 == 3) built.compact();
    std::this_thread::yield();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(built.size(), 400U);
}

TYPED_TEST(EveryIndex, ReadersSeeWholeStatesWhileAWriterWorks) { storm<TypeParam>(); }

}  // namespace
}  // namespace ruvector
