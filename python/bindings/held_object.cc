#include "held_object.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "ruvector/base/fork_epoch.h"

namespace ruvector::bindings {
namespace {

struct Dropped {
  const std::uint64_t generation = base::fork_epoch();
  std::mutex mutex;
  std::vector<PyObject*> objects;
  bool announced = false;  // Python will call let_go
};

// Never destroyed: threads of the library outlive static objects. A child of fork() has another
// one, because another thread may have held the mutex at that time.
Dropped& dropped_here() {
  static std::atomic<Dropped*> current{new Dropped};
  Dropped* found = current.load(std::memory_order_acquire);
  if (found->generation == base::fork_epoch()) return *found;
  auto* fresh = new Dropped;
  if (current.compare_exchange_strong(found, fresh)) return *fresh;
  delete fresh;
  return *found;
}

int let_go(void*) {
  let_go_of_dropped_objects();
  return 0;
}

// After the end of the interpreter its objects are gone, and there is nothing to do.
void drop(PyObject* object) noexcept {
  if (Py_IsInitialized() == 0) return;
  Dropped& dropped = dropped_here();
  bool announce = false;
  {
    const std::lock_guard lock(dropped.mutex);
    dropped.objects.push_back(object);
    announce = !dropped.announced;
    dropped.announced = true;
  }
  // Fails when Python has too many calls pending; then the next drop tries again.
  if (announce && Py_AddPendingCall(&let_go, nullptr) != 0) {
    const std::lock_guard lock(dropped.mutex);
    dropped.announced = false;
  }
}

}  // namespace

HeldObject::HeldObject(nb::object object) : object_(object.release().ptr(), &drop) {}

void let_go_of_dropped_objects() {
  Dropped& dropped = dropped_here();
  std::vector<PyObject*> objects;
  {
    const std::lock_guard lock(dropped.mutex);
    objects.swap(dropped.objects);
    dropped.announced = false;
  }
  for (PyObject* object : objects) Py_DECREF(object);
}

}  // namespace ruvector::bindings
