// A user's store: an object of a subclass of ruvector.BackendAdapter, as the C++ library sees it.
// Thread-safe: each call takes the GIL, whichever thread it comes from.
#pragma once

#include <nanobind/nanobind.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "held_object.h"
#include "ruvector/lake/backend.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// Arrays are copied once, so that the adapter may change its own afterwards. LookupErrors of the
// adapter become UnknownCollection, all other exceptions and wrong values BackendError; both carry
// the Python exception.
class PythonBackend final : public BackendAdapter {
 public:
  // `adapter` is an instance of ruvector.BackendAdapter. Reads its id. Needs the GIL. Throws
  // TypeError, ValueError.
  explicit PythonBackend(nb::object adapter);

  std::string id() const override { return id_; }
  std::vector<std::string> list_collections() override;
  PulledBatch pull_vectors(const std::string& collection) override;
  Generation generation(const std::string& collection) override;
  std::string data_ref(const std::string& collection) override;
  std::optional<RuLakeBundle> current_bundle(const std::string& collection,
                                             std::uint64_t rotation_seed,
                                             std::uint64_t rerank_factor) override;
  std::unique_ptr<PulledChunks> pull_chunks(const std::string& collection) override;
  std::optional<PulledChanges> pull_changes(const std::string& collection,
                                            const Generation& since) override;
  bool pulls_snapshots() const override { return pulls_snapshots_; }
  bool may_block() const override { return true; }

  // The object, for the garbage collector.
  nb::handle adapter() const { return adapter_.get(); }

 private:
  HeldObject adapter_;
  std::string id_;
  bool pulls_snapshots_ = false;
  bool has_own_chunks_ = false;  // whether the subclass defines pull_chunks
};

// Whether `object` is an instance of ruvector.BackendAdapter.
bool is_python_backend(nb::handle object);

// Calls `function` with the GIL on behalf of an adapter's method. What it throws becomes
// UnknownCollection or BackendError.
void call_python(const std::string& backend, const char* method, const std::string* collection,
                 const std::function<void()>& function);

}  // namespace ruvector::bindings
