// Searches that nobody waits for in place, and the federated ones, which wait for several
// collections at once.
#include <atomic>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/background.h"
#include "lake/core.h"
#include "lake/federation.h"
#include "lake/gathering.h"

namespace ruvector {

using lake::Core;
using lake::EntryPtr;
using lake::KeyStatePtr;
using lake::Target;

namespace {

using Flag = std::shared_ptr<std::atomic<bool>>;

// Calls `done`, which must not throw.
template <class T>
void tell(const RuLake::Done<T>& done, T result, std::exception_ptr error) noexcept {
  try {
    done(std::move(result), std::move(error));
  } catch (...) {
    return;  // there is nobody to tell
  }
}

// Calls `done` with what `work` gives or throws; not at all worked when cancelled.
template <class T>
void answer(const Flag& cancelled, const RuLake::Done<T>& done, const std::function<T()>& work) {
  T result{};
  std::exception_ptr error;
  try {
    if (cancelled->load()) throw Cancelled("the search was cancelled");
    result = work();
  } catch (...) {
    error = std::current_exception();
  }
  tell(done, std::move(result), std::move(error));
}

// What an asynchronous search was asked, kept until it is answered.
struct QueryCopy {
  QueryCopy(std::vector<float> query_values, std::size_t wanted, const LakeSearchParams& asked)
      : query(std::move(query_values)),
        k(wanted),
        allowed_ids(asked.allowed_ids.begin(), asked.allowed_ids.end()),
        params(asked) {
    params.allowed_ids = allowed_ids;
    params.progress = {};
  }
  QueryCopy(const QueryCopy&) = delete;
  QueryCopy& operator=(const QueryCopy&) = delete;

  const std::vector<float> query;
  const std::size_t k;
  const std::vector<Id> allowed_ids;
  LakeSearchParams params;
};

template <class T>
using Work = std::function<T(const lake::Entry&, const lake::KeyPtr&)>;

Work<std::vector<LakeHit>> searching_one(const Core& core, std::vector<float> query, std::size_t k,
                                         const LakeSearchParams& params) {
  const auto copy = std::make_shared<const QueryCopy>(std::move(query), k, params);
  return [copy, rerank_factor = core.params.rerank_factor](const lake::Entry& entry,
                                                           const lake::KeyPtr& key) {
    return lake::search(entry, key, copy->query, copy->k, copy->params, rerank_factor);
  };
}

Work<std::vector<std::vector<LakeHit>>> searching_batch(const Core& core,
                                                        std::vector<float> queries,
                                                        std::size_t rows, std::size_t k,
                                                        const LakeSearchParams& params) {
  if (rows == 0 ? !queries.empty() : queries.size() % rows != 0) {
    throw std::invalid_argument("search_batch_async: " + std::to_string(queries.size()) +
                                " floats are not " + std::to_string(rows) + " rows");
  }
  const std::size_t dim = rows == 0 ? 0 : queries.size() / rows;
  const auto copy = std::make_shared<const QueryCopy>(std::move(queries), k, params);
  return [copy, rows, dim, rerank_factor = core.params.rerank_factor](const lake::Entry& entry,
                                                                      const lake::KeyPtr& key) {
    if (rows == 0) return std::vector<std::vector<LakeHit>>{};
    return lake::search_batch(entry, key, {copy->query.data(), rows, dim}, copy->k, copy->params,
                              rerank_factor);
  };
}

// `work` is done with the current version of `key`, on a thread of the library.
template <class T>
void search_later(const std::shared_ptr<Core>& core, const LakeKey& key, const Flag& cancelled,
                  RuLake::Done<T> done, const Work<T>& work) {
  KeyStatePtr state;
  try {
    state = core->state_of(key);
  } catch (...) {
    return base::post(
        base::Lane::compute,
        [done = std::move(done), error = std::current_exception()] { tell<T>(done, {}, error); });
  }
  auto go_on = [core, state, cancelled, done = std::move(done), work](
                   const EntryPtr& entry, const std::exception_ptr& error) {
    if (error) return tell<T>(done, {}, error);
    base::post(base::Lane::compute, [core, state, entry, cancelled, done, work] {
      answer<T>(cancelled, done, [&] { return work(*entry, state->key); });
    });
  };
  core->coherence.current_async(state, core, {cancelled, std::move(go_on)});
}

// The same for a collection whose backend is not named: asking the backends may block.
template <class T>
void search_later(const RuLake& lake, const std::shared_ptr<Core>& core,
                  const std::string& collection, const Flag& cancelled, RuLake::Done<T> done,
                  const Work<T>& work) {
  const std::vector<std::string> ids = core->backends.ids();
  if (ids.size() == 1) {
    return search_later(core, {ids[0], collection}, cancelled, std::move(done), work);
  }
  base::post(base::Lane::blocking, [=, done = std::move(done)] {
    LakeKey key;
    try {
      key = lake.resolve(collection);
    } catch (...) {
      return tell<T>(done, {}, std::current_exception());
    }
    search_later(core, key, cancelled, done, work);
  });
}

}  // namespace

void PendingSearch::cancel() {
  if (cancelled_) cancelled_->store(true);
}

FederatedHits RuLake::search_federated(std::span<const LakeKey> keys, std::span<const float> query,
                                       std::size_t k, const FederatedParams& params) const {
  return lake::search_targets(*core_,
                              lake::gather_here(core_->coherence, core_, core_->targets_of(keys),
                                                params.deadline, params.progress),
                              query, k, params, false);
}

FederatedHits RuLake::search_federated(const std::string& collection, std::span<const float> query,
                                       std::size_t k, const FederatedParams& params) const {
  const std::vector<LakeKey> keys = core_->keys_of(collection);
  return lake::search_targets(*core_,
                              lake::gather_here(core_->coherence, core_, core_->targets_of(keys),
                                                params.deadline, params.progress),
                              query, k, params, true);
}

PendingSearch RuLake::search_one_async(const LakeKey& key, std::vector<float> query, std::size_t k,
                                       const LakeSearchParams& params,
                                       Done<std::vector<LakeHit>> done) const {
  PendingSearch pending;
  search_later<std::vector<LakeHit>>(core_, key, pending.cancelled_, std::move(done),
                                     searching_one(*core_, std::move(query), k, params));
  return pending;
}

PendingSearch RuLake::search_one_async(const std::string& collection, std::vector<float> query,
                                       std::size_t k, const LakeSearchParams& params,
                                       Done<std::vector<LakeHit>> done) const {
  PendingSearch pending;
  search_later<std::vector<LakeHit>>(*this, core_, collection, pending.cancelled_, std::move(done),
                                     searching_one(*core_, std::move(query), k, params));
  return pending;
}

PendingSearch RuLake::search_batch_async(const LakeKey& key, std::vector<float> queries,
                                         std::size_t rows, std::size_t k,
                                         const LakeSearchParams& params,
                                         Done<std::vector<std::vector<LakeHit>>> done) const {
  PendingSearch pending;
  search_later<std::vector<std::vector<LakeHit>>>(
      core_, key, pending.cancelled_, std::move(done),
      searching_batch(*core_, std::move(queries), rows, k, params));
  return pending;
}

PendingSearch RuLake::search_batch_async(const std::string& collection, std::vector<float> queries,
                                         std::size_t rows, std::size_t k,
                                         const LakeSearchParams& params,
                                         Done<std::vector<std::vector<LakeHit>>> done) const {
  PendingSearch pending;
  search_later<std::vector<std::vector<LakeHit>>>(
      *this, core_, collection, pending.cancelled_, std::move(done),
      searching_batch(*core_, std::move(queries), rows, k, params));
  return pending;
}

PendingSearch RuLake::search_federated_async(std::span<const LakeKey> keys,
                                             std::vector<float> query, std::size_t k,
                                             const FederatedParams& params,
                                             Done<FederatedHits> done) const {
  return search_keys_async({keys.begin(), keys.end()}, false, std::move(query), k, params,
                           std::move(done));
}

PendingSearch RuLake::search_federated_async(const std::string& collection,
                                             std::vector<float> query, std::size_t k,
                                             const FederatedParams& params,
                                             Done<FederatedHits> done) const {
  return search_keys_async(core_->keys_of(collection), true, std::move(query), k, params,
                           std::move(done));
}

PendingSearch RuLake::search_keys_async(const std::vector<LakeKey>& keys, bool skip_unknown,
                                        std::vector<float> query, std::size_t k,
                                        const FederatedParams& params,
                                        Done<FederatedHits> done) const {
  const auto copy = std::make_shared<const QueryCopy>(std::move(query), k, params);
  PendingSearch pending;
  const auto go_on = [core = core_, copy, partial = params.partial, skip_unknown,
                      cancelled = pending.cancelled_,
                      done = std::move(done)](const std::vector<Target>& targets) {
    base::post(base::Lane::compute, [=] {
      answer<FederatedHits>(cancelled, done, [&] {
        FederatedParams asked{copy->params};
        asked.partial = partial;
        return lake::search_targets(*core, targets, copy->query, copy->k, asked, skip_unknown);
      });
    });
  };
  lake::gather(core_->coherence, core_, core_->targets_of(keys), params.deadline,
               pending.cancelled_, go_on);
  return pending;
}

}  // namespace ruvector
