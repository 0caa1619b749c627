// What Python's RuLake holds. See lake.cc.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "python_backend.h"
#include "ruvector/lake/lake.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// A lake, and the users' stores in it: Python's garbage collector must see them, because a store
// may hold the lake. All needs the GIL but what lake() gives.
class LakeHandle {
 public:
  explicit LakeHandle(const LakeParams& params) : lake_(params) {}
  LakeHandle(const LakeHandle&) = delete;
  LakeHandle& operator=(const LakeHandle&) = delete;
  ~LakeHandle() { clear(); }

  // Throws RuntimeError for one that was collected.
  const RuLake& lake() const;
  RuLake& lake() { return const_cast<RuLake&>(std::as_const(*this).lake()); }

  // A native backend or an instance of ruvector.BackendAdapter. Throws TypeError for others.
  void register_backend(const nb::object& backend);
  void unregister_backend(const std::string& id);

  int traverse(visitproc visit, void* arg);
  void clear() noexcept;

 private:
  std::optional<RuLake> lake_;
  std::vector<std::shared_ptr<PythonBackend>> stores_;
};

}  // namespace ruvector::bindings
