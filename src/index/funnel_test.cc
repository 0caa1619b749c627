#include "index/funnel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include "index/growth.h"
#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

constexpr float kEverything = std::numeric_limits<float>::max();

// An index, a query, and the kernel's bounds of all its codes.
class FunnelTest : public ::testing::Test {
 protected:
  void prepare(Kind kind, std::uint32_t bits, Metric metric, double confidence) {
    BuildParams build;
    build.bits = bits;
    build.metric = metric;
    state_.emplace(build_state(kind, data_.view(), build));
    source_ = {&*state_->encoder, &state_->codes, state_->row_view()};
    unit_query_ = prepared_query(query_.row(0), metric);
    params_.k = 10;
    params_.final_stage = state_->keeps_rows ? FinalStage::exact
                          : bits > 2         ? FinalStage::refine
                                             : FinalStage::precise;
    params_.widths = bound_widths(confidence);
    prepared_.emplace(*state_->encoder, unit_query_.data(), params_.widths,
                      params_.final_stage == FinalStage::precise);
    scan();
  }
  void scan() {
    slots_.resize(state_->codes.block_count() * 64 + 16);
    bounds_.resize(slots_.size());
    kernels::ScanQuery scan = prepared_->scan_query(prepared_->frame());
    scan.threshold = kEverything;
    scan.slots = slots_.data();
    scan.bounds = bounds_.data();
    kernels::active().scan(state_->codes.scan_codes(), 0, state_->codes.block_count(), nullptr,
                           &scan, 1);
    slots_.resize(scan.count);
    bounds_.resize(scan.count);
  }
  Funnel funnel(SharedThreshold* shared = nullptr) const {
    return {source_, *prepared_, unit_query_.data(), params_, shared};
  }
  // Feeds the codes in this order, so many at a time, without the kernel's own pruning.
  std::vector<Hit> fed(const std::vector<std::size_t>& order, std::size_t at_once) const {
    Funnel result = funnel();
    for (std::size_t begin = 0; begin < order.size(); begin += at_once) {
      const std::size_t count = std::min(at_once, order.size() - begin);
      std::vector<std::uint32_t> slots;
      std::vector<float> bounds;
      for (std::size_t i = begin; i < begin + count; ++i) {
        slots.push_back(slots_[order[i]]);
        bounds.push_back(bounds_[order[i]]);
      }
      result.take(slots.data(), bounds.data(), count, count);
    }
    result.take_waiting();
    return result.top().take_sorted();
  }
  std::vector<std::size_t> order() const {
    std::vector<std::size_t> all(slots_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
  }

  TestVectors data_ = gaussian_vectors(2500, 24, 1);
  TestVectors query_ = gaussian_vectors(1, 24, 2);
  std::optional<State> state_;
  CascadeSource source_{};
  std::vector<float> unit_query_;
  CascadeParams params_;
  std::optional<PreparedQuery> prepared_;
  std::vector<std::uint32_t> slots_;
  std::vector<float> bounds_;
};

// Even where bounds fail often, what is found is decided by keys alone.
TEST_F(FunnelTest, HitsDoNotDependOnTheOrderOfCandidates) {
  for (const Kind kind : {Kind::rabitq_plus, Kind::rabitq, Kind::rabitq_asym}) {
    for (const std::uint32_t bits : {1U, 2U, 5U}) {
      for (const double confidence : {0.6, 0.9, 0.999, 1.0}) {
        prepare(kind, bits, Metric::l2, confidence);
        std::vector<std::size_t> all = order();
        const std::vector<Hit> together = fed(all, all.size());
        EXPECT_EQ(together.size(), 10U);
        base::Random random(3);
        for (const std::size_t at_once : {1U, 64U, 700U}) {
          for (std::size_t i = all.size(); i > 1; --i) {
            std::swap(all[i - 1], all[random.uniform_below(i)]);
          }
          ASSERT_EQ(fed(all, at_once), together) << "bits " << bits << ", " << confidence;
        }
        const auto by_bound = [&](std::size_t a, std::size_t b) { return bounds_[a] > bounds_[b]; };
        std::sort(all.begin(), all.end(), by_bound);
        ASSERT_EQ(fed(all, 100), together) << "worst first";
      }
    }
  }
}

TEST_F(FunnelTest, AtCertaintyItKeepsTheBestOfAll) {
  for (const Metric metric : {Metric::l2, Metric::ip, Metric::cosine}) {
    prepare(Kind::rabitq_plus, 1, metric, 1.0);
    EXPECT_EQ(fed(order(), 512), brute_force(source_.rows, query_.row(0), 10));
  }
}

TEST_F(FunnelTest, TheThresholdNeverRises) {
  prepare(Kind::rabitq_plus, 1, Metric::l2, 0.999);
  Funnel taken = funnel();
  float before = taken.threshold();
  EXPECT_EQ(before, params_.radius);
  for (std::size_t begin = 0; begin + 64 <= slots_.size(); begin += 64) {
    taken.take(&slots_[begin], &bounds_[begin], 64, 64);
    EXPECT_LE(taken.threshold(), before);
    before = taken.threshold();
  }
  taken.take_waiting();
  EXPECT_LT(taken.threshold(), params_.radius);
}

TEST_F(FunnelTest, ASharedThresholdPrunesForAllAndLosesNothing) {
  prepare(Kind::rabitq_plus, 1, Metric::l2, 0.9);
  const std::vector<Hit> alone = fed(order(), 64);
  SharedThreshold shared(kEverything);
  Funnel first = funnel(&shared);
  Funnel second = funnel(&shared);
  const std::size_t half = slots_.size() / 2;
  first.take(slots_.data(), bounds_.data(), half, half);
  first.take_waiting();
  EXPECT_EQ(second.threshold(), first.threshold());
  second.take(&slots_[half], &bounds_[half], slots_.size() - half, slots_.size() - half);
  second.take_waiting();
  for (const Candidate& candidate : second.top().candidates()) first.top().push(candidate);
  EXPECT_EQ(first.top().take_sorted(), alone);
}

TEST_F(FunnelTest, SlotsWithoutAScanAreRefinedAndRead) {
  prepare(Kind::rabitq_plus, 1, Metric::l2, 1.0);
  const std::vector<std::uint32_t> listed = {2499, 3, 77, 78, 1000, 0};
  Funnel taken = funnel();
  taken.take_unscanned(listed);
  EXPECT_EQ(taken.stats.codes_scanned, 0U);
  EXPECT_EQ(taken.stats.codes_refined, 6U);
  std::vector<std::uint8_t> allowed(2500);
  for (const std::uint32_t slot : listed) allowed[slot] = 1;
  EXPECT_EQ(taken.top().take_sorted(), brute_force(source_.rows, query_.row(0), 10, allowed));
}

TEST_F(FunnelTest, TakeExactReadsWhateverItIsGiven) {
  prepare(Kind::rabitq_plus, 1, Metric::l2, 0.5);
  std::vector<std::uint32_t> all(2500);
  std::iota(all.begin(), all.end(), 0U);
  Funnel taken = funnel();
  taken.take_exact(all);
  EXPECT_EQ(taken.stats.rows_read, 2500U);
  EXPECT_EQ(taken.top().take_sorted(), brute_force(source_.rows, query_.row(0), 10));
}

TEST_F(FunnelTest, ABudgetKeepsSoManyEstimatesAndReadsNoRow) {
  prepare(Kind::rabitq_plus, 1, Metric::l2, 0.999);
  params_.budget = 50;
  Funnel taken = funnel();
  taken.take(slots_.data(), bounds_.data(), slots_.size(), slots_.size());
  taken.take_waiting();
  EXPECT_EQ(taken.top().candidates().size(), 50U);
  EXPECT_EQ(taken.stats.rows_read, 0U);
}

TEST_F(FunnelTest, TakingNothingIsNothing) {
  prepare(Kind::rabitq_plus, 1, Metric::l2, 0.999);
  Funnel taken = funnel();
  taken.take(slots_.data(), bounds_.data(), 0, 64);
  taken.take_waiting();
  taken.take_unscanned({});
  EXPECT_TRUE(taken.top().take_sorted().empty());
  EXPECT_EQ(taken.stats.codes_scanned, 64U);
}

}  // namespace
}  // namespace ruvector::index
