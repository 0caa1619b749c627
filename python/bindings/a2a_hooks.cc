#include "a2a_hooks.h"

#include <nanobind/stl/string.h>

#include <utility>

#include "a2a_spec.h"
#include "a2a_values.h"
#include "errors.h"
#include "gil.h"
#include "numbers.h"
#include "python_call.h"

namespace ruvector::bindings {
namespace {

nb::object call(nb::handle function, nb::handle argument) {
  PyObject* result = take_or_stop(
      [&] { return PyObject_CallFunctionObjArgs(function.ptr(), argument.ptr(), nullptr); });
  if (result == nullptr) nb::raise_python_error();
  return nb::steal(result);
}

std::array<HeldObject, 4> held(const std::array<nb::object, 4>& functions) {
  std::array<HeldObject, 4> objects;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (!functions[i].is_none()) objects[i] = HeldObject(functions[i]);
  }
  return objects;
}

}  // namespace

std::string Authorization::operator()(bool is_refresh) const {
  const HeldGil locked;
  try {
    return to_utf8(call(function_.get(), nb::bool_(is_refresh)), "authorization: its result");
  } catch (nb::python_error& error) {
    const nb::object exception = nb::borrow(error.value());
    throw PythonAuthError("authorization raised " + class_name(exception), HeldObject(exception));
  } catch (const std::exception& error) {  // it returned no str
    throw PythonAuthError(error.what(), HeldObject(python_exception(std::current_exception())));
  }
}

// Sent to the loop, which calls it: delivers, and listens for more as long as there is a client.
// Of no observer it does nothing.
class Observer::Delivery final : public Outcome {
 public:
  explicit Delivery(std::shared_ptr<Observer> observer) : observer_(std::move(observer)) {}
  nb::object to_python() override {
    if (!observer_) return nb::none();
    observer_->deliver();
    observer_->loop_ = nullptr;
    if (observer_.use_count() > 1) observer_->listen();
    return nb::none();
  }

 private:
  std::shared_ptr<Observer> observer_;
};

Observer::Observer(const std::array<nb::object, 4>& functions) : functions_(held(functions)) {}

Observer::~Observer() {
  // Else the future of the letter would hold an error that nobody looks at.
  if (listener_) listener_->send(std::make_unique<Delivery>(nullptr));
}

void Observer::add(const Notice& notice) {
  if (functions_.at(static_cast<std::size_t>(notice.kind)).get().ptr() == nullptr) return;
  std::optional<Reply> listener;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() == kMaxWaiting) return;
    waiting_.push_back(notice);
    listener = std::exchange(listener_, std::nullopt);
  }
  if (listener) listener->send(std::make_unique<Delivery>(shared_from_this()));
}

void Observer::listen() {
  const nb::object loop = running_loop_or_none();
  if (loop.is_none() || loop.ptr() == loop_) return;
  start_future({"a hook", "a call that waits"}, [&](const Reply& reply) {
    std::optional<Reply> before;
    bool is_late = false;
    {
      const std::lock_guard lock(mutex_);
      before = std::exchange(listener_, reply);
      if (!waiting_.empty()) listener_.reset();
      is_late = !waiting_.empty();
    }
    if (before) before->send(std::make_unique<Delivery>(nullptr));
    if (is_late) reply.send(std::make_unique<Delivery>(shared_from_this()));
  });
  loop_ = loop.ptr();
}

void Observer::deliver() {
  std::vector<Notice> notices;
  {
    const std::lock_guard lock(mutex_);
    notices.swap(waiting_);
  }
  for (const Notice& notice : notices) {
    try {
      call(functions_.at(static_cast<std::size_t>(notice.kind)).get(), to_python(notice));
    } catch (nb::python_error& error) {
      error.discard_as_unraisable("a hook of ruvector.A2aClient");
    }
  }
}

}  // namespace ruvector::bindings
