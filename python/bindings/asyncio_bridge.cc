#include "asyncio_bridge.h"

#include <nanobind/stl/unique_ptr.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "async_call.h"
#include "errors.h"
#include "gc.h"
#include "mailbox.h"
#include "python_call.h"
#include "rooms.h"
#include "ruvector/base/errors.h"

namespace ruvector::bindings {

using namespace nb::literals;

// In one turn of the loop: at most so many futures are set, and it ends early after this time.
constexpr int kMaxPerTurn = 64;
constexpr std::chrono::milliseconds kTurn{2};

// Loops wait for no longer: it is asyncio's own limit.
constexpr double kDay = 86400;

// --- the side of the threads

class Reply::Address {
 public:
  Address(std::shared_ptr<Mailbox> mailbox, std::uint64_t token)
      : mailbox_(std::move(mailbox)), token_(token) {}
  Address(const Address&) = delete;
  Address& operator=(const Address&) = delete;
  ~Address() {
    if (!is_used_.exchange(true)) mailbox_->put({token_, nullptr});
  }
  void send(std::unique_ptr<Outcome> outcome) noexcept {
    if (!is_used_.exchange(true)) mailbox_->put({token_, std::move(outcome)});
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  std::uint64_t token_;
  std::atomic<bool> is_used_{false};
};

void Reply::send(std::unique_ptr<Outcome> outcome) const noexcept {
  address_->send(std::move(outcome));
}

// --- the side of the loop

// The calls of one event loop. The loop alone holds it, by the callback of its reader, or by a
// timer where it has no readers: either goes when the loop is closed. All needs the GIL, and but
// for call() runs on the loop's thread.
class LoopChannel {
 public:
  // The channel of `loop`, made at its first call.
  static LoopChannel& of(nb::handle loop);

  explicit LoopChannel(nb::handle loop) : loop_(loop.ptr()), weak_loop_(weak(loop)) {}
  LoopChannel(const LoopChannel&) = delete;
  LoopChannel& operator=(const LoopChannel&) = delete;
  ~LoopChannel() {
    const auto entry = channels().find(loop_);
    if (entry != channels().end() && entry->second == this) channels().erase(entry);
    drop_calls();
  }

  // Begins a call whose outcome `future` gets.
  std::function<void()> begin(nb::object future, nb::handle owner,
                              const std::function<std::function<void()>(const Reply&)>& begin_call);
  // Sets the futures of the calls that have ended.
  void drain();
  // Keeps the channel for as long as the loop is open.
  void hold();

  int traverse(visitproc visit, void* arg) {
    for (auto& [token, call] : calls_) {
      Py_VISIT(call.future.ptr());
      Py_VISIT(call.owner.ptr());
    }
    Py_VISIT(weak_loop_.ptr());
    return 0;
  }
  void clear() {
    drop_calls();
    weak_loop_.reset();
  }

 private:
  struct Call {
    nb::object future;
    nb::object owner;
    std::function<void()> cancel;
  };

  static nb::object weak(nb::handle object) {
    return nb::module_::import_("weakref").attr("ref")(object);
  }
  // Entries leave with their channel. Never destroyed: the interpreter may be gone by then.
  static std::unordered_map<const void*, LoopChannel*>& channels() {
    static auto* all = new std::unordered_map<const void*, LoopChannel*>;
    return *all;
  }
  // None when it has gone.
  nb::object loop() const { return weak_loop_.is_valid() ? weak_loop_() : nb::none(); }
  // The object that Python has of this.
  nb::object self() const { return nb::find(*this); }
  void watch_descriptor(nb::handle loop);
  void be_called(nb::handle loop);
  // Has the channel of the loop at this address drained by that loop.
  static void call(const void* loop) noexcept;

  bool serves(nb::handle loop) const { return this->loop().is(loop) && !mailbox_->is_inherited(); }
  void drop_calls() noexcept;

  PyObject* const loop_;  // to find the entry in channels() by; never followed
  nb::object weak_loop_;
  std::shared_ptr<Mailbox> mailbox_;
  bool is_called_ = false;  // the loop watches no descriptors
  std::unordered_map<std::uint64_t, Call> calls_;
  std::uint64_t last_token_ = 0;
};

LoopChannel& LoopChannel::of(nb::handle loop) {
  const auto entry = channels().find(loop.ptr());
  if (entry != channels().end() && entry->second->serves(loop)) return *entry->second;
  const nb::object channel = nb::cast(std::make_unique<LoopChannel>(loop));
  auto& made = nb::cast<LoopChannel&>(channel);
  try {
    made.watch_descriptor(loop);
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_NotImplementedError)) throw;
    made.be_called(loop);
  }
  channels()[loop.ptr()] = &made;
  return made;
}

void LoopChannel::watch_descriptor(nb::handle loop) {
  auto alarm = std::make_unique<DescriptorAlarm>();
  call_method(loop, "add_reader", nb::int_(alarm->descriptor()), self().attr("drain"));
  mailbox_ = std::make_shared<Mailbox>(std::move(alarm));
}

void LoopChannel::be_called(nb::handle loop) {
  mailbox_ = std::make_shared<Mailbox>(std::make_unique<CallAlarm>(&LoopChannel::call, loop.ptr()));
  is_called_ = true;
  hold();
}

void LoopChannel::hold() {
  const nb::object loop = this->loop();
  if (!loop.is_none()) call_method(loop, "call_later", nb::float_(kDay), self().attr("hold"));
}

// Another loop may be at the address of one that has gone; to drain it does no harm.
void LoopChannel::call(const void* key) noexcept {
  try {
    const auto entry = channels().find(key);
    if (entry == channels().end()) return;
    const nb::object loop = entry->second->loop();
    if (loop.is_none()) return;
    call_method(loop, "call_soon_threadsafe", entry->second->self().attr("drain"));
  } catch (nb::python_error& error) {
    // The loop was closed just now.
    if (!error.matches(PyExc_RuntimeError)) {
      error.discard_as_unraisable("waking an event loop for ruvector");
    }
  }
}

std::function<void()> LoopChannel::begin(
    nb::object future, nb::handle owner,
    const std::function<std::function<void()>(const Reply&)>& begin_call) {
  mailbox_->expect_letter();
  const std::uint64_t token = ++last_token_;
  const Reply reply(std::make_shared<Reply::Address>(mailbox_, token));
  std::function<void()> cancel = begin_call(reply);
  calls_.emplace(token, Call{std::move(future), nb::borrow(owner), cancel});
  return cancel;
}

// Futures that nobody else holds may run anything when they go; the table is in order by then.
void LoopChannel::drop_calls() noexcept {
  const auto calls = std::exchange(calls_, {});
  if (mailbox_ == nullptr || mailbox_->is_inherited()) return;
  mailbox_->close();
  for (const auto& [token, call] : calls) call.cancel();
}

void set_future(nb::handle future, Outcome* outcome) {
  if (nb::cast<bool>(call_method(future, "done"))) return;  // cancelled
  std::exception_ptr error;
  try {
    if (outcome == nullptr) throw RuVectorError("the call ended without an outcome");
    call_method(future, "set_result", outcome->to_python());
    return;
  } catch (const Cancelled&) {
    call_method(future, "cancel");
    return;
  } catch (...) {
    error = std::current_exception();
  }
  call_method(future, "set_exception", python_exception(error));
}

void LoopChannel::drain() {
  if (mailbox_->is_inherited()) return;
  const auto end = std::chrono::steady_clock::now() + kTurn;
  Mailbox::Letter letter;
  for (int i = 0; i < kMaxPerTurn && std::chrono::steady_clock::now() < end; ++i) {
    if (!mailbox_->take(letter)) return;
    auto node = calls_.extract(letter.token);
    if (node.empty()) continue;  // its beginning failed
    try {
      set_future(node.mapped().future, letter.outcome.get());
    } catch (nb::python_error& error) {
      error.discard_as_unraisable("setting an asyncio future of ruvector");
    }
  }
  // A descriptor is readable still; an alarm that calls does so once.
  const nb::object loop = is_called_ ? this->loop() : nb::none();
  if (!loop.is_none()) call_method(loop, "call_soon", self().attr("drain"));
}

// --- starting

nb::object running_loop_or_none() {
  // asyncio's function that gives None where asyncio.get_running_loop raises. Imported at the first
  // call, for programs that need no asyncio. Never given back.
  static PyObject* get_running_loop = nullptr;
  if (get_running_loop == nullptr) {
    const nb::object modules = nb::module_::import_("sys").attr("modules");
    // Without asyncio there is no loop.
    if (!nb::cast<bool>(modules.attr("__contains__")("asyncio"))) return nb::none();
    get_running_loop =
        nb::object(nb::module_::import_("asyncio").attr("_get_running_loop")).release().ptr();
  }
  return nb::handle(get_running_loop)();
}

namespace {

nb::object running_loop(const AsyncName& name) {
  nb::object loop = running_loop_or_none();
  if (!loop.is_none()) return loop;
  const std::string message = std::string(name.name) +
                              " needs a running event loop: await it in a coroutine, or call " +
                              name.sync_name;
  PyErr_SetString(PyExc_RuntimeError, message.c_str());
  throw nb::python_error();
}

}  // namespace

nb::object start_async(const AsyncName& name, nb::handle owner,
                       const std::function<std::function<void()>(const Reply&)>& begin) {
  const nb::object loop = running_loop(name);
  nb::object future = call_method(loop, "create_future");
  const std::function<void()> cancel = LoopChannel::of(loop).begin(future, owner, begin);
  return make_async_call(name.name, std::move(future), cancel);
}

nb::object start_future(const AsyncName& name, const std::function<void(const Reply&)>& begin) {
  const nb::object loop = running_loop(name);
  nb::object future = call_method(loop, "create_future");
  LoopChannel::of(loop).begin(future, nb::none(), [&](const Reply& reply) {
    begin(reply);
    return std::function<void()>([] {});
  });
  return future;
}

void require_no_loop(const AsyncName& name) {
  if (running_loop_or_none().is_none()) return;
  const std::string message = std::string(name.sync_name) +
                              " would stop the event loop that runs on this thread: use " +
                              name.name;
  PyErr_SetString(PyExc_RuntimeError, message.c_str());
  throw nb::python_error();
}

void init_asyncio_bridge(nb::module_& m) {
  nb::class_<LoopChannel>(m, "_LoopChannel", nb::is_final(), nb::type_slots(gc_slots<LoopChannel>))
      .def("drain", &LoopChannel::drain)
      .def("hold", &LoopChannel::hold);
  init_async_call(m);
}

}  // namespace ruvector::bindings
