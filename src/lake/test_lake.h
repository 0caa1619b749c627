// What tests of a lake need: one with a store, and answers found the slow and simple way.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lake/test_store.h"
#include "ruvector/lake/lake.h"

namespace ruvector::lake {

inline const LakeKey kDocs{"store", "docs"};

struct LakeWithStore {
  explicit LakeWithStore(const LakeParams& params = {}) : lake(params) {
    lake.register_backend(store);
  }
  const std::shared_ptr<TestStore> store = std::make_shared<TestStore>("store");
  RuLake lake;
};

// Squared distances to all rows, the `k` smallest first; in double precision.
inline std::vector<Hit> nearest_rows(const Rows& rows, const std::vector<float>& query,
                                     std::size_t k) {
  std::vector<std::pair<double, Id>> all;
  for (std::size_t i = 0; i < rows.ids.size(); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < rows.dim; ++j) {
      const double difference = double{rows.vectors[i * rows.dim + j]} - double{query[j]};
      sum += difference * difference;
    }
    all.emplace_back(sum, rows.ids[i]);
  }
  std::sort(all.begin(), all.end());
  all.resize(std::min(k, all.size()));
  std::vector<Hit> hits;
  for (const auto& [score, id] : all) hits.push_back({id, static_cast<float>(score)});
  return hits;
}

inline std::vector<Id> ids_of(const std::vector<LakeHit>& hits) {
  std::vector<Id> ids;
  for (const LakeHit& hit : hits) ids.push_back(hit.id);
  return ids;
}
inline std::vector<Id> ids_of(const std::vector<Hit>& hits) {
  std::vector<Id> ids;
  for (const Hit& hit : hits) ids.push_back(hit.id);
  return ids;
}

// Whether `condition` came true within 20 s.
inline bool comes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// What `f` throws must be an E; returns its text.
template <class E, class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

// The outcome of an asynchronous search.
template <class T>
class Answer {
 public:
  RuLake::Done<T> done() {
    return [promise = promise_](T result, const std::exception_ptr& error) {
      if (error) {
        promise->set_exception(error);
      } else {
        promise->set_value(std::move(result));
      }
    };
  }
  T get() { return future_.get(); }
  bool is_there() const {
    return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

 private:
  std::shared_ptr<std::promise<T>> promise_ = std::make_shared<std::promise<T>>();
  std::future<T> future_ = promise_->get_future();
};

}  // namespace ruvector::lake
