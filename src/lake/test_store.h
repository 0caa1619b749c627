// A store for tests: a real backend in memory whose pulls can be slow, fail, or race with writers.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ruvector/base/errors.h"
#include "ruvector/lake/backend.h"

namespace ruvector::lake {

struct Rows {
  std::vector<Id> ids;
  std::vector<float> vectors;
  std::size_t dim = 0;

  MatrixView view() const { return {vectors.data(), ids.size(), dim}; }
};

// Normal values; ids from `first_id` on.
inline Rows random_rows(std::size_t n, std::size_t dim, unsigned seed, Id first_id = 0) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  Rows rows{{}, std::vector<float>(n * dim), dim};
  for (std::size_t i = 0; i < n; ++i) rows.ids.push_back(first_id + i);
  for (float& x : rows.vectors) x = normal(generator);
  return rows;
}

class TestStore final : public BackendAdapter {
 public:
  explicit TestStore(std::string name) : name_(std::move(name)) {}

  void put(const std::string& collection, Rows rows) {
    const std::lock_guard lock(mutex_);
    Stored& stored = collections_[collection];
    stored.rows = std::move(rows);
    ++stored.version;
  }
  void drop(const std::string& collection) {
    const std::lock_guard lock(mutex_);
    collections_.erase(collection);
  }

  std::string id() const override { return name_; }
  std::vector<std::string> list_collections() override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, stored] : collections_) names.push_back(name);
    return names;
  }
  PulledBatch pull_vectors(const std::string& collection) override {
    ++pulls;
    std::this_thread::sleep_for(std::chrono::milliseconds(pull_ms));
    if (before_pull) before_pull();
    PulledBatch batch;
    {
      const std::lock_guard lock(mutex_);
      const Stored& stored = at(collection);
      batch = PulledBatch::copy_of(stored.rows.ids, stored.rows.view(), stored.version);
    }
    if (after_read) after_read();
    return batch;
  }
  Generation generation(const std::string& collection) override {
    ++checks;
    std::this_thread::sleep_for(std::chrono::milliseconds(check_ms));
    if (fail_checks) throw std::runtime_error("the network is down");
    const std::lock_guard lock(mutex_);
    return at(collection).version;
  }
  std::string data_ref(const std::string& collection) override {
    if (before_ref) before_ref();
    return shared_ref.empty() ? BackendAdapter::data_ref(collection) : shared_ref;
  }
  std::optional<PulledChanges> pull_changes(const std::string& collection,
                                            const Generation& since) override {
    return changes ? changes(collection, since) : std::nullopt;
  }
  bool pulls_snapshots() const override { return snapshots; }

  std::atomic<int> pulls{0};
  std::atomic<int> checks{0};
  std::atomic<int> pull_ms{0};
  std::atomic<int> check_ms{0};
  std::atomic<bool> fail_checks{false};
  bool snapshots = false;
  std::string shared_ref;
  std::function<void()> before_pull;  // set before the store is used
  std::function<void()> before_ref;
  std::function<void()> after_read;
  std::function<std::optional<PulledChanges>(const std::string&, const Generation&)> changes;

 private:
  struct Stored {
    Rows rows;
    std::uint64_t version = 0;
  };
  const Stored& at(const std::string& collection) const {
    const auto found = collections_.find(collection);
    if (found == collections_.end()) throw UnknownCollection(name_, collection);
    return found->second;
  }

  const std::string name_;
  std::mutex mutex_;
  std::map<std::string, Stored> collections_;
};

}  // namespace ruvector::lake
