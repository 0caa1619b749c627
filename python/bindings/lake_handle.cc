#include "lake_handle.h"

#include <algorithm>
#include <stdexcept>

#include "gil.h"
#include "native_backend.h"
#include "numbers.h"

namespace ruvector::bindings {

const RuLake& LakeHandle::lake() const {
  if (!lake_) throw std::runtime_error("RuLake: this lake was collected as garbage");
  return *lake_;
}

void LakeHandle::register_backend(const nb::object& backend) {
  if (nb::isinstance<NativeBackend>(backend)) {
    auto native = nb::cast<const NativeBackend&>(backend).backend;
    const ReleasedGil unlocked;
    lake().register_backend(std::move(native));
    return;
  }
  if (!is_python_backend(backend)) {
    throw nb::type_error(("register_backend: expected a ruvector.BackendAdapter, got " +
                          class_name(backend) + "; derive its class from ruvector.BackendAdapter")
                             .c_str());
  }
  auto store = std::make_shared<PythonBackend>(backend);
  {
    RuLake& target = lake();
    const ReleasedGil unlocked;
    target.register_backend(store);
  }
  stores_.push_back(std::move(store));
}

void LakeHandle::unregister_backend(const std::string& id) {
  {
    RuLake& target = lake();
    const ReleasedGil unlocked;
    target.unregister_backend(id);
  }
  std::erase_if(stores_, [&](const auto& store) { return store->id() == id; });
  let_go_of_dropped_objects();
}

// A store that the lake alone holds has one reference from here; one that a search or a pull holds,
// too, must not look like garbage.
int LakeHandle::traverse(visitproc visit, void* arg) {
  for (const auto& store : stores_) Py_VISIT(store->adapter().ptr());
  return 0;
}

void LakeHandle::clear() noexcept {
  if (!lake_) return;
  {
    const ReleasedGil unlocked;  // A lake may have to wait for a pull, which needs the lock.
    lake_.reset();
  }
  stores_.clear();
  let_go_of_dropped_objects();
}

}  // namespace ruvector::bindings
