// The native A2aClient: connecting and calls. ruvector/a2a.py has the public class.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "a2a_docs.h"
#include "a2a_options.h"
#include "a2a_rooms.h"
#include "a2a_spec.h"
#include "a2a_values.h"
#include "asyncio_bridge.h"
#include "gc.h"
#include "gil.h"
#include "held_object.h"
#include "numbers.h"
#include "python_call.h"
#include "rooms.h"
#include "ruvector/a2a/client.h"
#include "sync_wait.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;

// A client, and what it calls of the user's: Python's garbage collector must see it, because a hook
// may hold the client.
class ClientHandle {
 public:
  ClientHandle(std::shared_ptr<A2aClient> client, std::shared_ptr<Authorization> authorization,
               std::shared_ptr<Observer> observer)
      : client_(std::move(client)),
        authorization_(std::move(authorization)),
        observer_(std::move(observer)) {}
  ClientHandle(const ClientHandle&) = delete;
  ClientHandle& operator=(const ClientHandle&) = delete;
  ~ClientHandle() { clear(); }

  A2aClient& client() const {
    if (!client_) throw std::runtime_error("A2aClient: this client was collected as garbage");
    return *client_;
  }
  // Before a call, and after one that waits.
  void listen() const {
    if (observer_) observer_->listen();
  }
  void deliver() const {
    if (observer_) observer_->deliver();
  }

  int traverse(visitproc visit, void* arg) {
    if (authorization_) Py_VISIT(authorization_->function().ptr());
    if (observer_) {
      for (const HeldObject& function : observer_->functions()) Py_VISIT(function.get().ptr());
    }
    return 0;
  }
  void clear() noexcept {
    {
      const auto client = std::exchange(client_, nullptr);
      const ReleasedGil unlocked;
      if (client) client->close();
    }
    authorization_.reset();
    observer_.reset();
    let_go_of_dropped_objects();
  }

 private:
  std::shared_ptr<A2aClient> client_;
  std::shared_ptr<Authorization> authorization_;
  std::shared_ptr<Observer> observer_;
};

// --- calls, each for coroutines and for threads that wait

// Begins a call of a client.
template <class T>
using Begin = std::function<A2aClient::Cancel(A2aClient&, A2aClient::Callback<T>)>;

template <class T>
nb::object start(nb::handle self, const AsyncName& name, const Begin<T>& begin) {
  const ClientHandle& handle = nb::cast<const ClientHandle&>(self);
  A2aClient& client = handle.client();
  nb::object call = start_async(name, self, [&](const Reply& reply) {
    auto done = reply_with<T>(reply, [](const T& value) { return to_python(value); });
    const ReleasedGil unlocked;
    return begin(client, std::move(done));
  });
  handle.listen();
  return call;
}

template <class T>
nb::object wait(nb::handle self, const AsyncName& name, const Begin<T>& begin) {
  require_no_loop(name);
  const ClientHandle& handle = nb::cast<const ClientHandle&>(self);
  A2aClient& client = handle.client();
  std::optional<T> value;
  try {
    value = wait_for<T>([&](auto done) { return begin(client, std::move(done)); });
  } catch (...) {
    handle.deliver();
    throw;
  }
  handle.deliver();
  return to_python(*value);
}

Begin<SendResult> send_task(nb::handle spec) {
  return [spec = to_task_spec(spec)](A2aClient& client, A2aClient::Callback<SendResult> done) {
    return client.send_task_async(spec, std::move(done));
  };
}

Begin<Task> get_task(nb::handle id, nb::handle history_length) {
  return [id = to_utf8(id, "id"),
          length = to_optional<std::uint32_t>(history_length, "history_length")](
             A2aClient& client, A2aClient::Callback<Task> done) {
    return client.get_task_async(id, length, std::move(done));
  };
}

Begin<TaskPage> list_tasks(nb::handle context_id, nb::handle page_token, nb::handle page_size) {
  return [context = to_utf8(context_id, "context_id"), token = to_utf8(page_token, "page_token"),
          size = to_unsigned<std::uint32_t>(page_size, "page_size")](
             A2aClient& client, A2aClient::Callback<TaskPage> done) {
    return client.list_tasks_async(context, token, size, std::move(done));
  };
}

Begin<Task> cancel_task(nb::handle id) {
  return [id = to_utf8(id, "id")](A2aClient& client, A2aClient::Callback<Task> done) {
    return client.cancel_task_async(id, std::move(done));
  };
}

Begin<Task> wait_task(nb::handle id, nb::handle interval_ms) {
  const std::chrono::milliseconds interval(to_unsigned<std::uint32_t>(interval_ms, "interval_ms"));
  return [id = to_utf8(id, "id"), interval](A2aClient& client, A2aClient::Callback<Task> done) {
    return client.wait_async(id, interval, std::move(done));
  };
}

Begin<AgentCard> extended_card() {
  return [](A2aClient& client, A2aClient::Callback<AgentCard> done) {
    return client.extended_card_async(std::move(done));
  };
}

Begin<PushConfig> set_push_config(nb::handle task_id, nb::handle config) {
  return [id = to_utf8(task_id, "task_id"), text = to_json(config, "config")](
             A2aClient& client, A2aClient::Callback<PushConfig> done) {
    return client.set_push_config_async(
        id, text, [done = std::move(done)](std::string answer, std::exception_ptr error) {
          done(PushConfig{std::move(answer)}, std::move(error));
        });
  };
}

// Binds `name` and `sync_name`; `read` makes the call of the arguments.
template <class T, class... Arguments, class... Extra>
void def_twins(nb::class_<ClientHandle>& c, AsyncName name, Begin<T> (*read)(Arguments...),
               const char* signature, const char* sync_signature, const Extra&... extra) {
  c.def(
      name.name,
      [name, read](nb::handle self, Arguments... arguments) {
        return start<T>(self, name, read(arguments...));
      },
      extra..., nb::sig(signature));
  c.def(
      name.sync_name,
      [name, read](nb::handle self, Arguments... arguments) {
        return wait<T>(self, name, read(arguments...));
      },
      extra..., nb::sig(sync_signature));
}

void bind_calls(nb::class_<ClientHandle>& c) {
  def_twins<SendResult>(c, {"send_task", "send_task_sync"}, &send_task,
                        "def send_task(self, spec: TaskSpec) -> Coroutine[Any, Any, Task]",
                        "def send_task_sync(self, spec: TaskSpec) -> Task", "spec"_a.none());
  def_twins<Task>(c, {"get_task", "get_task_sync"}, &get_task,
                  "def get_task(self, id: str, history_length: int | None) -> "
                  "Coroutine[Any, Any, Task]",
                  "def get_task_sync(self, id: str, history_length: int | None) -> Task",
                  "id"_a.none(), "history_length"_a.none());
  def_twins<TaskPage>(c, {"list_tasks", "list_tasks_sync"}, &list_tasks,
                      "def list_tasks(self, context_id: str, page_token: str, page_size: int) -> "
                      "Coroutine[Any, Any, TaskPage]",
                      "def list_tasks_sync(self, context_id: str, page_token: str, "
                      "page_size: int) -> TaskPage",
                      "context_id"_a.none(), "page_token"_a.none(), "page_size"_a.none());
  def_twins<Task>(c, {"cancel_task", "cancel_task_sync"}, &cancel_task,
                  "def cancel_task(self, id: str) -> Coroutine[Any, Any, Task]",
                  "def cancel_task_sync(self, id: str) -> Task", "id"_a.none());
  def_twins<Task>(c, {"wait", "wait_sync"}, &wait_task,
                  "def wait(self, id: str, interval_ms: int) -> Coroutine[Any, Any, Task]",
                  "def wait_sync(self, id: str, interval_ms: int) -> Task", "id"_a.none(),
                  "interval_ms"_a.none());
  def_twins<AgentCard>(c, {"extended_card", "extended_card_sync"}, &extended_card,
                       "def extended_card(self) -> Coroutine[Any, Any, AgentCard]",
                       "def extended_card_sync(self) -> AgentCard");
  def_twins<PushConfig>(c, {"set_push_config", "set_push_config_sync"}, &set_push_config,
                        "def set_push_config(self, task_id: str, config: Mapping[str, Any]) -> "
                        "Coroutine[Any, Any, dict[str, Any]]",
                        "def set_push_config_sync(self, task_id: str, "
                        "config: Mapping[str, Any]) -> dict[str, Any]",
                        "task_id"_a.none(), "config"_a.none());
}

// --- streams

nb::object stream_task(nb::handle self, nb::handle spec_or_id, nb::handle max_events,
                       nb::handle max_bytes, nb::handle max_reconnects, nb::handle idle_timeout_ms,
                       bool cancel_remote) {
  const ClientHandle& handle = nb::cast<const ClientHandle&>(self);
  StreamOptions options;
  options.max_events = to_unsigned<std::size_t>(max_events, "max_events");
  options.max_bytes = to_unsigned<std::size_t>(max_bytes, "max_bytes");
  options.max_reconnects = to_unsigned<std::uint32_t>(max_reconnects, "max_reconnects");
  if (const auto idle = to_optional<std::uint32_t>(idle_timeout_ms, "idle_timeout_ms")) {
    options.idle_timeout = std::chrono::milliseconds(*idle);
  }
  options.cancel_remote = cancel_remote;
  A2aClient& client = handle.client();
  handle.listen();
  std::shared_ptr<TaskStream> stream;
  if (nb::isinstance<nb::str>(spec_or_id)) {
    std::string id = to_utf8(spec_or_id, "spec_or_id");
    const ReleasedGil unlocked;
    stream = client.stream_task(std::move(id), options);
  } else {
    TaskSpec spec = to_task_spec(spec_or_id);
    const ReleasedGil unlocked;
    stream = client.stream_task(std::move(spec), options);
  }
  return make_task_stream(std::move(stream), self);
}

// --- connecting

using Connected = std::shared_ptr<A2aClient>;

// Makes the public object: `make` is a function of ruvector/a2a.py.
nb::object made_by(nb::handle make, Connected client, const ClientSetup& setup) {
  const nb::object handle = nb::cast(
      std::make_unique<ClientHandle>(std::move(client), setup.authorization, setup.observer));
  return nb::object(make(handle));
}

nb::object connect(const std::string& url, const nb::dict& options, nb::object make) {
  const ClientSetup setup = to_client_setup(options);
  nb::object call = start_async({"connect", "connect_sync"}, nb::none(), [&](const Reply& reply) {
    auto done =
        reply_with<Connected>(reply, [setup, make = HeldObject(make)](const Connected& client) {
          return made_by(make.get(), client, setup);
        });
    const ReleasedGil unlocked;
    return A2aClient::connect_async(url, setup.options, std::move(done));
  });
  if (setup.observer) setup.observer->listen();
  return call;
}

nb::object connect_sync(const std::string& url, const nb::dict& options, const nb::object& make) {
  require_no_loop({"connect", "connect_sync"});
  const ClientSetup setup = to_client_setup(options);
  Connected client;
  try {
    client = wait_for<Connected>(
        [&](auto done) { return A2aClient::connect_async(url, setup.options, std::move(done)); });
  } catch (...) {
    if (setup.observer) setup.observer->deliver();
    throw;
  }
  if (setup.observer) setup.observer->deliver();
  return made_by(make, std::move(client), setup);
}

void bind_client(nb::class_<ClientHandle>& c) {
  c.def_static("connect", &connect, "url"_a, "options"_a, "make"_a,
               nb::sig("def connect(url: str, options: dict[str, Any], make: Callable"
                       "[[NativeA2aClient], T]) -> Coroutine[Any, Any, T]"));
  c.def_static("connect_sync", &connect_sync, "url"_a, "options"_a, "make"_a,
               nb::sig("def connect_sync(url: str, options: dict[str, Any], make: Callable"
                       "[[NativeA2aClient], T]) -> T"));
  c.def_prop_ro(
      "card", [](const ClientHandle& self) { return to_python(self.client().card()); },
      nb::sig("def card(self) -> AgentCard"), "The verified card; a new object each time.");
  c.def_prop_ro(
      "protocol",
      [](const ClientHandle& self) { return std::string(protocol_name(self.client().protocol())); },
      nb::sig("def protocol(self) -> ProtocolName"), "The dialect in use.");
  c.def_prop_ro(
      "binding",
      [](const ClientHandle& self) { return std::string(binding_name(self.client().binding())); },
      nb::sig("def binding(self) -> BindingName"), "How calls are put into HTTP.");
  c.def_prop_ro(
      "endpoint", [](const ClientHandle& self) { return self.client().endpoint(); },
      nb::sig("def endpoint(self) -> str"), "Where calls go.");
  c.def("stream_task", &stream_task, "spec_or_id"_a.none(), nb::kw_only(), "max_events"_a,
        "max_bytes"_a, "max_reconnects"_a, "idle_timeout_ms"_a.none(), "cancel_remote"_a,
        nb::sig("def stream_task(self, spec_or_id: TaskSpec | str, *, max_events: int, "
                "max_bytes: int, max_reconnects: int, idle_timeout_ms: int | None, "
                "cancel_remote: bool) -> TaskStream"));
  c.def(
      "close",
      [](const ClientHandle& self) {
        A2aClient& client = self.client();
        const ReleasedGil unlocked;
        client.close();
      },
      nb::sig("def close(self) -> None"));
}

}  // namespace

void init_a2a(nb::module_& m) {
  bind_a2a_stream(m);
  bind_a2a_assembler(m);
  nb::class_<ClientHandle> c(m, "NativeA2aClient", nb::is_final(),
                             nb::type_slots(gc_slots<ClientHandle>),
                             nb::sig("@final\nclass NativeA2aClient(object)"), docs::kNativeClient);
  bind_client(c);
  bind_calls(c);
}

}  // namespace ruvector::bindings
