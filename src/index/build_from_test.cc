#include "index/build_from.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/test_folder.h"
#include "base/test_variable.h"
#include "index/growth.h"
#include "index/rbpx.h"
#include "index/test_vectors.h"
#include "ruvector/base/errors.h"

namespace ruvector::index {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// The rows in pieces of the given sizes, and then the rest; each piece lies in a buffer that the
// next one overwrites.
class Pieces {
 public:
  Pieces(const TestVectors& vectors, std::vector<std::size_t> sizes)
      : vectors_(&vectors), sizes_(std::move(sizes)) {}

  std::optional<MatrixView> operator()() {
    if (done_) return std::nullopt;
    const bool last = at_ == sizes_.size();
    const std::size_t count = last ? vectors_->rows - begin_ : sizes_[at_++];
    const MatrixView piece = vectors_->range(begin_, begin_ + count);
    begin_ += count;
    done_ = last;
    buffer_.assign(piece.data, piece.data + count * piece.cols);
    return MatrixView{buffer_.data(), count, piece.cols};
  }

 private:
  const TestVectors* vectors_;
  std::vector<std::size_t> sizes_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
  bool done_ = false;
  std::vector<float> buffer_;
};

SharedArray<float> shared(const TestVectors& vectors) {
  const auto copy = std::make_shared<std::vector<float>>(vectors.values);
  return {copy, copy->data(), vectors.rows, vectors.cols, vectors.cols};
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

struct Case {
  Kind kind;
  Metric metric;
  std::optional<std::uint32_t> rerank_factor = {};
  std::optional<std::size_t> partitions = {};

  bool keeps_rows() const { return kind == Kind::rabitq_plus || rerank_factor.has_value(); }
  BuildParams params() const {
    BuildParams params;
    params.metric = metric;
    params.rerank_factor = rerank_factor;
    params.partitions = partitions;
    params.threads = 2;
    return params;
  }
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Metric metric : {Metric::l2, Metric::ip, Metric::cosine}) {
    for (const std::optional<std::size_t> partitions : {std::optional<std::size_t>(), {24}}) {
      cases.push_back({Kind::rabitq, metric, {}, partitions});
      cases.push_back({Kind::rabitq_plus, metric, {}, partitions});
      cases.push_back({Kind::rabitq_asym, metric, {}, partitions});
      cases.push_back({Kind::rabitq_asym, metric, 4, partitions});
    }
  }
  return cases;
}

TEST(BuildFrom, GivesWhatBuildGivesOfTheSameRowsInEveryWay) {
  const base::TestFolder folder;
  const TestVectors vectors = clustered_vectors(1500, 20, 12, 0.4F, 3);
  std::vector<Id> ids(vectors.rows);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = 7 * i + 3;
  for (const Case& c : all_cases()) {
    BuildParams params = c.params();
    params.ids = ids;
    const auto expected = serialize_rbpx(build_state(c.kind, vectors.view(), params));
    const auto expect_same = [&](const State& state) {
      EXPECT_EQ(serialize_rbpx(state), expected);
    };
    expect_same(build_from(c.kind, Pieces(vectors, {0, 1, 700, 64, 0}), {}, params));
    expect_same(build_from(c.kind, shared(vectors), {}, params));
    if (!c.keeps_rows()) continue;
    const std::filesystem::path path = folder.path() / "index.rbpx";
    const RowsParams in_file{RowsPlace::mapped, path};
    expect_same(build_from(c.kind, Pieces(vectors, {999}), in_file, params));
    expect_same(load_rbpx(path, c.kind, {.verify = true}));
    expect_same(build_from(c.kind, shared(vectors), in_file, params));
    expect_same(build_from(c.kind, shared(vectors), {RowsPlace::mapped, {}}, params));
  }
}

TEST(BuildFrom, RowsAreWhereTheyWereAskedFor) {
  const base::TestFolder folder;
  const TestVectors vectors = clustered_vectors(300, 20, 12, 0.4F, 3);
  const SharedArray<float> rows = shared(vectors);
  const State in_place =
      build_from(Kind::rabitq_plus, rows, {RowsPlace::mapped, {}}, BuildParams{});
  EXPECT_EQ(in_place.rows.data(), rows.data);
  const State copied = build_from(Kind::rabitq_plus, rows, {}, BuildParams{});
  EXPECT_FALSE(copied.rows.is_mapped());
  const State collected = build_from(Kind::rabitq_plus, Pieces(vectors, {5}), {}, BuildParams{});
  EXPECT_FALSE(collected.rows.is_mapped());
  EXPECT_FALSE(collected.rows.is_shared());
  const State in_file = build_from(Kind::rabitq_plus, Pieces(vectors, {5}),
                                   {RowsPlace::mapped, folder.path() / "a"}, BuildParams{});
  EXPECT_TRUE(in_file.rows.is_mapped());
  EXPECT_TRUE(in_file.codes.blocks().is_mapped());
}

TEST(BuildFrom, AnIndexOutlivesTheCallersHoldOnRowsInPlace) {
  const TestVectors vectors = clustered_vectors(300, 20, 12, 0.4F, 3);
  SharedArray<float> rows = shared(vectors);
  const std::weak_ptr<const void> watched = rows.owner;
  auto state = std::make_optional(
      build_from(Kind::rabitq_plus, rows, {RowsPlace::mapped, {}}, BuildParams{}));
  rows = {};
  EXPECT_FALSE(watched.expired());
  const State before = *state;
  const std::vector<Id> gone = {4};
  remove(*state, gone);  // a change copies
  EXPECT_EQ(state->size(), 299U);
  EXPECT_FALSE(state->rows.is_mapped());
  EXPECT_EQ(std::vector<float>(before.rows.begin(), before.rows.end()), vectors.values);
}

TEST(BuildFrom, AFileIsAsUsefulAsOneThatWasSaved) {
  const base::TestFolder folder;
  const std::filesystem::path path = folder.path() / "index.rbpx";
  const TestVectors vectors = clustered_vectors(500, 33, 12, 0.4F, 3);
  State state = build_from(Kind::rabitq_plus, Pieces(vectors, {100}), {RowsPlace::mapped, path},
                           BuildParams{});
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"index.rbpx"}));
  const std::vector<Id> ids = {500};
  append(state, ids, vectors.first(1), 1, {});
  save_rbpx(state, path);  // over the file that it maps
  EXPECT_EQ(load_rbpx(path, Kind::rabitq_plus, {.verify = true}).size(), 501U);
}

TEST(BuildFrom, NoRowsAtAllMakeAnEmptyIndex) {
  const base::TestFolder folder;
  const TestVectors none = gaussian_vectors(0, 12, 1);
  for (const RowsParams& where :
       {RowsParams{}, RowsParams{RowsPlace::mapped, folder.path() / "empty.rbpx"}}) {
    State state = build_from(Kind::rabitq_plus, Pieces(none, {0}), where, BuildParams{});
    EXPECT_EQ(state.size(), 0U);
    EXPECT_EQ(state.dim, 12U);
    const TestVectors one = gaussian_vectors(1, 12, 2);
    const std::vector<Id> ids = {0};
    append(state, ids, one.view(), 1, {});
    EXPECT_EQ(state.size(), 1U);
  }
  EXPECT_EQ(load_rbpx(folder.path() / "empty.rbpx", Kind::rabitq_plus, {.verify = true}).size(),
            0U);
  EXPECT_EQ(build_from(Kind::rabitq, Pieces(none, {}), {}, BuildParams{}).size(), 0U);
}

TEST(BuildFrom, ThatThereAreNoChunksIsSaid) {
  const RowChunks none = [] { return std::optional<MatrixView>(); };
  EXPECT_THAT([&] { build_from(Kind::rabitq_plus, none, {}, BuildParams{}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("chunks: there is none")));
}

TEST(BuildFrom, PlacesThatAKindCannotHaveAreRefusedBeforeAnythingIsRead) {
  const TestVectors vectors = gaussian_vectors(10, 12, 1);
  bool was_read = false;
  const RowChunks chunks = [&] {
    was_read = true;
    return std::optional<MatrixView>();
  };
  const auto expect_refused = [&](Kind kind, const RowsParams& where, const BuildParams& params,
                                  const char* message) {
    EXPECT_THAT([&] { build_from(kind, chunks, where, params); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(message)));
  };
  expect_refused(Kind::rabitq_plus, {RowsPlace::none, {}}, {},
                 "rows is 'none': this RabitqPlusIndex reads rows at every search");
  expect_refused(Kind::rabitq, {RowsPlace::copy, {}}, {},
                 "rows is 'copy': a RabitqIndex keeps codes only");
  expect_refused(Kind::rabitq_asym, {RowsPlace::mapped, {}}, {},
                 "rows is 'mapped': a RabitqAsymIndex without rerank_factor keeps codes only");
  expect_refused(Kind::rabitq_plus, {RowsPlace::mapped, {}}, {}, "need a path to be mapped from");
  expect_refused(Kind::rabitq_plus, {{}, "a.rbpx"}, {}, "path is a.rbpx, and rows is 'copy'");
  expect_refused(Kind::rabitq, {{}, "a.rbpx"}, {}, "path is a.rbpx, and rows is 'none'");
  BuildParams wrong;
  wrong.bits = 9;
  expect_refused(Kind::rabitq_plus, {}, wrong, "bits is 9, not in 1..8");
  BuildParams reranked;
  reranked.rerank_factor = 3;
  expect_refused(Kind::rabitq, {}, reranked, "rerank_factor is 3: a RabitqIndex keeps no rows");
  EXPECT_FALSE(was_read);
}

TEST(BuildFrom, AWrongChunkIsNamedWhenItComesAndLeavesNoFile) {
  const base::TestFolder folder;
  TestVectors vectors = gaussian_vectors(10, 12, 1);
  const TestVectors narrow = gaussian_vectors(10, 11, 1);
  vectors.values[4 * 12 + 2] = std::numeric_limits<float>::quiet_NaN();
  std::size_t calls = 0;
  const RowChunks with_nan = [&]() -> std::optional<MatrixView> {
    return ++calls == 1 ? vectors.range(0, 3) : vectors.range(3, 6);
  };
  const RowsParams in_file{RowsPlace::mapped, folder.path() / "index.rbpx"};
  EXPECT_THAT([&] { build_from(Kind::rabitq_plus, with_nan, in_file, BuildParams{}); },
              ThrowsMessage<std::invalid_argument>(
                  HasSubstr("chunk 1: row 1 is not finite: nan at position 2")));
  EXPECT_EQ(calls, 2U);
  const RowChunks of_two_dims = [&]() -> std::optional<MatrixView> {
    return ++calls == 3 ? vectors.range(0, 3) : narrow.view();
  };
  EXPECT_THAT([&] { build_from(Kind::rabitq_plus, of_two_dims, in_file, BuildParams{}); },
              ThrowsMessage<DimensionMismatch>(HasSubstr("chunk 1")));
  const std::vector<Id> few = {1, 2};
  BuildParams params;
  params.ids = few;
  EXPECT_THAT(
      [&] { build_from(Kind::rabitq_plus, Pieces(narrow, {1}), in_file, params); },
      ThrowsMessage<std::invalid_argument>(HasSubstr("ids: 2 ids for at least 10 vectors")));
  const std::vector<Id> twice(10, 5);
  params.ids = twice;
  EXPECT_THROW(build_from(Kind::rabitq_plus, Pieces(narrow, {1}), in_file, params), DuplicateId);
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(BuildFrom, MoreVectorsThanThereMayBeAreRefusedBeforeTheyAreLookedAt) {
  const float value = 1;
  for (const std::size_t rows : {kMaxVectors, std::numeric_limits<std::size_t>::max()}) {
    std::size_t calls = 0;
    const RowChunks chunks = [&] {
      return std::optional(MatrixView{&value, ++calls == 1 ? 1 : rows, 1});
    };
    EXPECT_THAT([&] { build_from(Kind::rabitq, chunks, {}, BuildParams{}); },
                ThrowsMessage<std::invalid_argument>(HasSubstr("above the limit of 100000000")));
  }
}

TEST(BuildFrom, TooFewRowsForTheIdsAreRefused) {
  const TestVectors vectors = gaussian_vectors(10, 12, 1);
  const std::vector<Id> many(11, 5);
  BuildParams params;
  params.ids = many;
  EXPECT_THAT([&] { build_from(Kind::rabitq, Pieces(vectors, {1}), {}, params); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("ids: 11 ids for 10 vectors")));
}

TEST(BuildFrom, AnOldFileStaysWhenTheBuildIsCancelled) {
  const base::TestFolder folder;
  const std::filesystem::path path = folder.path() / "index.rbpx";
  const TestVectors vectors = clustered_vectors(3000, 16, 12, 0.4F, 3);
  const State old =
      build_from(Kind::rabitq_plus, Pieces(vectors, {}), {RowsPlace::mapped, path}, BuildParams{});
  struct Cancelled {};
  for (const bool while_reading : {true, false}) {
    BuildParams params;
    params.partitions = 16;
    params.progress = [&](std::size_t done, std::size_t) {
      if ((done == 0) == while_reading) throw Cancelled();
    };
    EXPECT_THROW(
        build_from(Kind::rabitq_plus, Pieces(vectors, {100}), {RowsPlace::mapped, path}, params),
        Cancelled);
    EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"index.rbpx"}));
    EXPECT_EQ(serialize_rbpx(load_rbpx(path, Kind::rabitq_plus, {.verify = true})),
              serialize_rbpx(old));
  }
}

TEST(BuildFrom, WhatTheChunksThrowComesOut) {
  const base::TestFolder folder;
  struct Lost {};
  const RowChunks lost = []() -> std::optional<MatrixView> { throw Lost(); };
  EXPECT_THROW(build_from(Kind::rabitq_plus, lost,
                          {RowsPlace::mapped, folder.path() / "index.rbpx"}, BuildParams{}),
               Lost);
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(BuildFrom, ProgressCountsRowsWhileTheyComeAndEndsWithAll) {
  const TestVectors vectors = gaussian_vectors(3000, 12, 1);
  std::vector<std::pair<std::size_t, std::size_t>> calls;
  BuildParams params;
  params.progress = [&](std::size_t done, std::size_t total) { calls.emplace_back(done, total); };
  build_from(Kind::rabitq, Pieces(vectors, {1000, 500}), {}, params);
  ASSERT_GE(calls.size(), 4U);
  EXPECT_EQ(calls[0], (std::pair<std::size_t, std::size_t>(0, 1000)));
  EXPECT_EQ(calls[1], (std::pair<std::size_t, std::size_t>(0, 1500)));
  EXPECT_EQ(calls[2], (std::pair<std::size_t, std::size_t>(0, 3000)));
  EXPECT_EQ(calls.back(), (std::pair<std::size_t, std::size_t>(3000, 3000)));
}

TEST(BuildFrom, AFolderForTemporaryFilesThatIsNotThereIsNamed) {
  const char* const set = ::getenv(base::kTemporaryVariable);
  const std::optional<std::string> before = set == nullptr ? std::nullopt : std::optional(set);
  const base::TestFolder folder;
  base::set_variable(base::kTemporaryVariable, (folder.path() / "absent").string());
  const TestVectors vectors = gaussian_vectors(10, 12, 1);
  EXPECT_THAT([&] { build_from(Kind::rabitq, Pieces(vectors, {}), {}, BuildParams{}); },
              ThrowsMessage<PersistError>(HasSubstr("absent")));
  before ? base::set_variable(base::kTemporaryVariable, *before)
         : base::remove_variable(base::kTemporaryVariable);
}

}  // namespace
}  // namespace ruvector::index
