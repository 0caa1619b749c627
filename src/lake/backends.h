// The registered backends.
// Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "ruvector/lake/backend.h"

namespace ruvector::lake {

using BackendPtr = std::shared_ptr<BackendAdapter>;

class Backends {
 public:
  void add(BackendPtr backend);                  // throws std::invalid_argument
  void remove(const std::string& id);            // throws UnknownBackend
  BackendPtr get(const std::string& id) const;   // throws UnknownBackend
  BackendPtr find(const std::string& id) const;  // null when there is none
  std::vector<std::string> ids() const;
  std::uint64_t version() const;  // changes with each add and remove

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, BackendPtr> backends_;
  std::uint64_t version_ = 0;
};

}  // namespace ruvector::lake
