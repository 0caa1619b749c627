#include "ruvector/lake/local_backend.h"

#include <map>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <utility>

#include "lake/local_collection.h"

namespace ruvector {
namespace {

using lake::LocalCollection;

void require_name(const char* what, const std::string& name) {
  if (name.empty()) throw std::invalid_argument(std::string(what) + " is empty");
}

}  // namespace

class LocalBackend::Store {
 public:
  explicit Store(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }

  std::shared_ptr<LocalCollection> at(const std::string& collection) const {
    if (auto found = find(collection)) return found;
    throw UnknownCollection(name_, collection);
  }

  std::shared_ptr<LocalCollection> find(const std::string& collection) const {
    const std::shared_lock lock(mutex_);
    const auto found = collections_.find(collection);
    return found == collections_.end() ? nullptr : found->second;
  }

  // False when there is one of that name already.
  bool insert(const std::string& collection, const std::shared_ptr<LocalCollection>& made) {
    const std::unique_lock lock(mutex_);
    return collections_.try_emplace(collection, made).second;
  }

  void erase(const std::string& collection) {
    std::shared_ptr<LocalCollection> dropped;  // freed without the lock
    const std::unique_lock lock(mutex_);
    const auto found = collections_.find(collection);
    if (found == collections_.end()) throw UnknownCollection(name_, collection);
    dropped = std::move(found->second);
    collections_.erase(found);
  }

  std::vector<std::string> names() const {
    const std::shared_lock lock(mutex_);
    std::vector<std::string> names;
    names.reserve(collections_.size());
    for (const auto& [name, collection] : collections_) names.push_back(name);
    return names;
  }

 private:
  const std::string name_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::shared_ptr<LocalCollection>> collections_;
};

LocalBackend::LocalBackend(std::string name) {
  require_name("name of the backend", name);
  store_ = std::make_shared<Store>(std::move(name));
}

LocalBackend::~LocalBackend() = default;

void LocalBackend::upsert(const std::string& collection, std::span<const Id> ids,
                          MatrixView vectors) {
  require_name("name of the collection", collection);
  while (true) {
    if (const auto found = store_->find(collection)) {
      found->upsert(ids, vectors);
      return;
    }
    // Seen by others only when it is filled: a failed upsert leaves no empty collection behind.
    auto made = std::make_shared<LocalCollection>(vectors.cols);
    made->upsert(ids, vectors);
    if (store_->insert(collection, made)) return;
  }
}

void LocalBackend::remove(const std::string& collection, std::span<const Id> ids) {
  store_->at(collection)->remove(ids);
}

void LocalBackend::drop(const std::string& collection) { store_->erase(collection); }

std::size_t LocalBackend::size(const std::string& collection) const {
  return store_->at(collection)->size();
}

std::size_t LocalBackend::dim(const std::string& collection) const {
  return store_->at(collection)->dim();
}

std::string LocalBackend::id() const { return store_->name(); }

std::vector<std::string> LocalBackend::list_collections() { return store_->names(); }

PulledBatch LocalBackend::pull_vectors(const std::string& collection) {
  return store_->at(collection)->pull();
}

Generation LocalBackend::generation(const std::string& collection) {
  return store_->at(collection)->generation();
}

std::string LocalBackend::data_ref(const std::string& collection) {
  return "local://" + store_->name() + "/" + collection;
}

std::optional<RuLakeBundle> LocalBackend::current_bundle(const std::string& collection,
                                                         std::uint64_t rotation_seed,
                                                         std::uint64_t rerank_factor) {
  const auto found = store_->at(collection);
  return RuLakeBundle::make(data_ref(collection), found->dim(), rotation_seed, rerank_factor,
                            found->generation());
}

}  // namespace ruvector
