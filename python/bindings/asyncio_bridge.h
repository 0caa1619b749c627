// From the threads of the library to asyncio.
//
// Each event loop watches a descriptor. A thread that has finished a call puts the outcome into the
// loop's mailbox and makes the descriptor readable; it never touches Python. The loop's own thread
// takes the outcomes out, a bounded number in each turn of the loop so that a flood of them leaves
// the other callbacks their time, and sets the futures. A loop that watches no descriptors, as
// asyncio's on Windows, is called by a thread of its own (CallAlarm).
//
// Futures are reachable from their loop only. A loop that is closed or collected takes them with
// it and cancels the calls; what still comes is dropped. A forked child has none of its parent's
// calls. At the interpreter's exit calls in flight are left alone.
#pragma once

#include <nanobind/nanobind.h>

#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace ruvector::bindings {

namespace nb = nanobind;

// What a call gave. Made and destroyed on any thread: holds no Python object but by HeldObject.
class Outcome {
 public:
  virtual ~Outcome() = default;
  // Called once, on the loop's thread with the GIL. Throws what the call threw.
  virtual nb::object to_python() = 0;
};

// Where a call reports its end, on any thread and without Python. Copies share one report. A call
// that lets go of all copies without a report has failed.
class Reply {
 public:
  // The first report counts.
  void send(std::unique_ptr<Outcome> outcome) const noexcept;

 private:
  friend class LoopChannel;
  class Address;
  explicit Reply(std::shared_ptr<Address> address) : address_(std::move(address)) {}
  std::shared_ptr<Address> address_;
};

// Names of an asynchronous call and of the one that waits, for messages.
struct AsyncName {
  const char* name;
  const char* sync_name;
};

// Begins a call for the running loop: `begin` gets where to report, and returns what cancels the
// call, which must be quick. Both run on the calling thread with the GIL. `owner` lives until the
// report is in.
//
// Returns an object that can be awaited and made a task, as a coroutine can; the call runs whether
// or not it is awaited already. Cancelling it cancels the call, and so does forgetting to await it,
// with a warning. Throws RuntimeError, which names the waiting sibling, when no loop is running,
// and what `begin` throws.
nb::object start_async(const AsyncName& name, nb::handle owner,
                       const std::function<std::function<void()>(const Reply&)>& begin);

// As start_async, but gives the bare asyncio future, for waits that are awaited at once: cancelling
// it cancels nothing, and an end of the loop's does not, either.
nb::object start_future(const AsyncName& name, const std::function<void(const Reply&)>& begin);

// The event loop that runs on this thread, or None.
nb::object running_loop_or_none();
// Throws RuntimeError where a call that waits would stop the running event loop.
void require_no_loop(const AsyncName& name);

// A callback for native calls that give a T or an exception: reports convert(T). `Convert` holds
// no Python object.
template <class T, class Convert>
std::function<void(T, std::exception_ptr)> reply_with(const Reply& reply, Convert convert) {
  class Result final : public Outcome {
   public:
    Result(T value, std::exception_ptr error, Convert to_object)
        : value_(std::move(value)), error_(std::move(error)), convert_(std::move(to_object)) {}
    nb::object to_python() override {
      if (error_) std::rethrow_exception(error_);
      return convert_(value_);
    }

   private:
    T value_;
    std::exception_ptr error_;
    Convert convert_;
  };
  return [reply, convert](T value, std::exception_ptr error) {
    reply.send(std::make_unique<Result>(std::move(value), std::move(error), convert));
  };
}

}  // namespace ruvector::bindings
