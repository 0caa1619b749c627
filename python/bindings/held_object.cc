#include "held_object.h"

#include <pthread.h>

#include <mutex>
#include <vector>

namespace ruvector::bindings {
namespace {

struct Dropped {
  std::mutex mutex;
  std::vector<PyObject*> objects;
  bool announced = false;  // Python will call let_go
};

// Never destroyed: threads of the library outlive static objects.
Dropped* dropped = new Dropped;

int let_go(void*) {
  let_go_of_dropped_objects();
  return 0;
}

// After the end of the interpreter its objects are gone, and there is nothing to do.
void drop(PyObject* object) noexcept {
  if (Py_IsInitialized() == 0) return;
  bool announce = false;
  {
    const std::lock_guard lock(dropped->mutex);
    dropped->objects.push_back(object);
    announce = !dropped->announced;
    dropped->announced = true;
  }
  // Fails when Python has too many calls pending; then the next drop tries again.
  if (announce && Py_AddPendingCall(&let_go, nullptr) != 0) {
    const std::lock_guard lock(dropped->mutex);
    dropped->announced = false;
  }
}

// Another thread may have held the mutex at the time of the fork.
const int forks_are_handled = pthread_atfork(nullptr, nullptr, [] { dropped = new Dropped; });

}  // namespace

HeldObject::HeldObject(nb::object object) : object_(object.release().ptr(), &drop) {}

void let_go_of_dropped_objects() {
  std::vector<PyObject*> objects;
  {
    const std::lock_guard lock(dropped->mutex);
    objects.swap(dropped->objects);
    dropped->announced = false;
  }
  for (PyObject* object : objects) Py_DECREF(object);
}

}  // namespace ruvector::bindings
