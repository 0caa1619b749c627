#include "lake/cache.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "lake/test_lake.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {
namespace {

// An entry of some bytes; two of one version are two entries of the same source.
EntryPtr entry_of(const std::string& data, std::uint64_t version, std::size_t bytes = 100) {
  const auto entry =
      make_entry(RuLakeBundle::make("test://" + data, 8, 42, 20, version), std::nullopt, false);
  entry->bytes = bytes;
  return entry;
}

class CacheTest : public testing::Test {
 protected:
  Cache make(const CacheLimits& limits = {}) { return {limits, {}, counters_}; }
  static EntryPtr install(Cache& cache, const KeyStatePtr& state, EntryPtr entry) {
    return cache.install(*state, std::move(entry), Clock::now(), std::nullopt);
  }
  static void use(const EntryPtr& entry) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    entry->touch();
  }

  LakeCounters counters_;
};

TEST_F(CacheTest, InstallingTheVersionThatIsServedKeepsItAlive) {
  Cache cache = make();
  const KeyStatePtr state = cache.obtain({"b", "c"});
  const EntryPtr first = install(cache, state, entry_of("c", 1));
  EXPECT_EQ(install(cache, state, entry_of("c", 1)), first) << "the one that was there";
  EXPECT_EQ(install(cache, state, first), first);
  EXPECT_EQ(state->entry, first);
  EXPECT_EQ(cache.entries(), 1u);
  EXPECT_EQ(cache.bytes(), 100u);
  EXPECT_EQ(cache.references(first->bundle.rvf_witness), 1u);
  EXPECT_EQ(counters_.invalidations, 0u);
}

TEST_F(CacheTest, KeysOfTheSameDataShareOneEntryUntilTheLastLetsGo) {
  Cache cache = make();
  const KeyStatePtr a = cache.obtain({"b", "a"});
  const KeyStatePtr b = cache.obtain({"b", "b"});
  const EntryPtr shared = install(cache, a, entry_of("same", 1));
  EXPECT_EQ(install(cache, b, entry_of("same", 1)), shared);
  EXPECT_EQ(cache.references(shared->bundle.rvf_witness), 2u);
  EXPECT_EQ(cache.bytes(), 100u);
  cache.drop(*a);
  EXPECT_EQ(cache.references(shared->bundle.rvf_witness), 1u);
  EXPECT_EQ(cache.pooled(shared->source), shared);
  cache.drop(*b);
  EXPECT_EQ(cache.entries(), 0u);
  EXPECT_EQ(cache.bytes(), 0u);
  EXPECT_EQ(cache.references(shared->bundle.rvf_witness), 0u);
  cache.drop(*b);
  EXPECT_EQ(counters_.invalidations, 2u) << "one per key that served something";
}

TEST_F(CacheTest, WhatWasUsedLongestAgoLeavesFirst) {
  Cache cache = make({.entries = 2, .bytes = {}});
  const KeyStatePtr a = cache.obtain({"b", "a"});
  const KeyStatePtr b = cache.obtain({"b", "b"});
  const KeyStatePtr c = cache.obtain({"b", "c"});
  const EntryPtr first = install(cache, a, entry_of("a", 1));
  use(install(cache, b, entry_of("b", 1)));
  use(first);
  install(cache, c, entry_of("c", 1));
  EXPECT_EQ(cache.entries(), 2u);
  EXPECT_EQ(a->entry, first) << "was installed first and used last";
  EXPECT_EQ(b->entry, nullptr);
  EXPECT_EQ(counters_.evictions, 1u);
}

TEST_F(CacheTest, BytesAreCappedWhateverTheNumberOfEntries) {
  Cache cache = make({.entries = {}, .bytes = 1000});
  for (int i = 0; i < 20; ++i) {
    use(install(cache, cache.obtain({"b", std::to_string(i)}),
                entry_of(std::to_string(i), 1, 300)));
    EXPECT_LE(cache.bytes(), 1000u);
  }
  EXPECT_EQ(cache.entries(), 3u);
  EXPECT_EQ(counters_.evictions, 17u);
  const KeyStatePtr large = cache.obtain({"b", "large"});
  EXPECT_EQ(install(cache, large, entry_of("large", 1, 1000))->bytes, 1000u);
  EXPECT_EQ(cache.entries(), 1u);
}

TEST_F(CacheTest, WhatAloneIsAboveTheCapIsAnErrorThatNamesBoth) {
  Cache cache = make({.entries = {}, .bytes = 1000});
  const KeyStatePtr state = cache.obtain({"disk", "docs"});
  const EntryPtr old = install(cache, state, entry_of("docs", 1));
  const std::string message =
      message_of<LakeError>([&] { install(cache, state, entry_of("docs", 2, 1001)); });
  EXPECT_NE(message.find("'docs' of backend 'disk' takes 1001 bytes"), std::string::npos);
  EXPECT_NE(message.find("max_cache_bytes 1000"), std::string::npos);
  EXPECT_EQ(state->entry, old) << "what was there is left alone";
}

TEST_F(CacheTest, ASearchKeepsWhatIsEvictedUnderIt) {
  Cache cache = make({.entries = 1, .bytes = {}});
  const KeyStatePtr a = cache.obtain({"b", "a"});
  const EntryPtr held = install(cache, a, entry_of("a", 1));
  const std::weak_ptr<const Entry> other =
      install(cache, cache.obtain({"b", "b"}), entry_of("b", 1));
  install(cache, cache.obtain({"b", "c"}), entry_of("c", 1));
  EXPECT_EQ(held.use_count(), 1) << "of the search alone";
  EXPECT_TRUE(other.expired()) << "nobody held it";
  EXPECT_EQ(held->bundle.data_ref, "test://a");
}

TEST_F(CacheTest, AStateThatIsForgottenServesButKeepsNothing) {
  Cache cache = make();
  const KeyStatePtr state = cache.obtain({"gone", "docs"});
  install(cache, state, entry_of("docs", 1));
  cache.forget_backend("gone");
  EXPECT_EQ(cache.entries(), 0u);
  EXPECT_EQ(cache.find({"gone", "docs"}), nullptr);
  // A search that had begun before ends its pull now.
  EXPECT_NE(install(cache, state, entry_of("docs", 2)), nullptr);
  EXPECT_EQ(cache.entries(), 0u);
  EXPECT_EQ(state->entry, nullptr);
}

TEST_F(CacheTest, ForgettingABackendLeavesOthersOfSimilarNamesAlone) {
  Cache cache = make();
  for (const char* backend : {"a", "ab", "b"}) cache.obtain({backend, "docs"});
  cache.forget_backend("a");
  EXPECT_EQ(cache.states().size(), 2u);
  EXPECT_EQ(cache.find({"a", "docs"}), nullptr);
}

TEST_F(CacheTest, WhatWasPulledBeforeARequestToDropIsNotKept) {
  Cache cache = make();
  const KeyStatePtr state = cache.obtain({"b", "c"});
  const std::uint64_t before = state->drops;
  cache.drop(*state);
  const EntryPtr pulled = entry_of("c", 1);
  EXPECT_EQ(cache.install(*state, pulled, Clock::now(), before), pulled);
  EXPECT_EQ(state->entry, nullptr);
  EXPECT_EQ(cache.entries(), 0u);
}

TEST_F(CacheTest, APublishedVersionDropsOthersOnceAndIsWelcomeItself) {
  Cache cache = make();
  const KeyStatePtr state = cache.obtain({"b", "c"});
  const EntryPtr old = install(cache, state, entry_of("c", 1));
  const EntryPtr fresh = entry_of("c", 2);
  const std::uint64_t before = state->drops;
  EXPECT_FALSE(cache.drop_unless(*state, old->source, 8));
  EXPECT_TRUE(cache.drop_unless(*state, fresh->source, 8));
  EXPECT_FALSE(cache.drop_unless(*state, fresh->source, 8));
  EXPECT_EQ(state->drops, before + 1) << "a second look at the same bundle says nothing new";
  cache.install(*state, old, Clock::now(), before);
  EXPECT_EQ(state->entry, nullptr) << "an older version that was being pulled";
  cache.install(*state, fresh, Clock::now(), before);
  EXPECT_EQ(state->entry, fresh) << "the published one that was being pulled";
}

}  // namespace
}  // namespace ruvector::lake
