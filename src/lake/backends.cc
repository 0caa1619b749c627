#include "lake/backends.h"

#include <mutex>
#include <stdexcept>
#include <utility>

#include "ruvector/base/errors.h"

namespace ruvector::lake {

void Backends::add(BackendPtr backend) {
  if (backend == nullptr) throw std::invalid_argument("register_backend: the backend is null");
  std::string id = backend->id();
  if (id.empty()) throw std::invalid_argument("register_backend: the backend's id is empty");
  const std::unique_lock lock(mutex_);
  const auto [place, is_new] = backends_.try_emplace(id);
  if (!is_new) {
    throw std::invalid_argument("register_backend: a backend '" + id + "' is registered already");
  }
  place->second = std::move(backend);
  ++version_;
}

void Backends::remove(const std::string& id) {
  BackendPtr removed;  // let go of without the lock
  const std::unique_lock lock(mutex_);
  const auto found = backends_.find(id);
  if (found == backends_.end()) throw UnknownBackend(id);
  removed = std::move(found->second);
  backends_.erase(found);
  ++version_;
}

BackendPtr Backends::find(const std::string& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = backends_.find(id);
  return found == backends_.end() ? nullptr : found->second;
}

BackendPtr Backends::get(const std::string& id) const {
  BackendPtr backend = find(id);
  if (backend == nullptr) throw UnknownBackend(id);
  return backend;
}

std::vector<std::string> Backends::ids() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> ids;
  ids.reserve(backends_.size());
  for (const auto& [id, backend] : backends_) ids.push_back(id);
  return ids;
}

std::uint64_t Backends::version() const {
  const std::shared_lock lock(mutex_);
  return version_;
}

}  // namespace ruvector::lake
