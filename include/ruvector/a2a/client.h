// A client of agents that speak A2A: discovery with verified cards, tasks, streams.
//
// Thread-safe. One I/O thread serves all clients of the process; callbacks run on it, and must be
// quick. Functions named *_async return at once; their siblings wait. Errors are those of
// ruvector/base/errors.h, by the callback where there is one, except wrong arguments and broken
// limits, which are thrown at once, before anything is sent.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ruvector/a2a/agent_card.h"
#include "ruvector/a2a/task.h"
#include "ruvector/a2a/task_spec.h"
#include "ruvector/net/http_options.h"

namespace ruvector {

// Calls `hook` about each 50 ms in threads that wait here, so that a program can look at its
// signals; what it throws ends the wait and cancels the call. Null, as at first: nothing.
// Thread-safe, for the whole process.
void set_wait_hook(void (*hook)()) noexcept;

// What makes a card believed.
enum class Trust : std::uint8_t {
  signature,  // a signature that verifies
  tls,        // an unsigned card, too, when it comes by https
};

struct ConnectOptions {
  bool strict_verify = true;  // false admits a missing signature, never a wrong one; for tests
  Trust trust = Trust::signature;
  std::string expected_agent_id{};            // the one identity to accept
  std::vector<std::string> trusted_agents{};  // if not empty, the identities to accept
  std::string card_keys{};                    // a JSON Web Key Set's text, for cards signed by JWS
  std::string card{};                  // a card's bytes that the caller has; nothing is fetched
  std::optional<Protocol> protocol{};  // instead of what the card's shape says
  std::optional<Binding> binding{};    // of several interfaces, this one
  bool allow_other_origin = false;     // interfaces at another origin than the card's
  bool rewrite_to_origin = false;      // interfaces are taken to be at the card's origin
  bool allow_downgrade = false;        // to an older dialect of the card after VersionNotSupported

  // The value of the header Authorization, such as "Bearer ..."; `is_refresh` after a 401. Called
  // on threads of the library, and may wait. Goes to the card's origin only.
  std::function<std::string(bool is_refresh)> authorization{};
  std::string api_key{};  // sent where the card's apiKey scheme says
  std::function<std::optional<TaskEstimate>(const TaskSpec&, const AgentCard&)> cost_estimator{};
  MissingEstimate on_missing_estimate = MissingEstimate::allow;
  ClientBudget budget{};
  std::string agent_id{};  // of this side, for TaskContext
  // To rvAgent contexts go as they are; its servers refuse all but those of depth 0, so otherwise
  // depth and visited agents are left out.
  bool send_deep_contexts = false;
  std::vector<std::string> extensions{};  // URIs to ask for

  // What happens, for logs and traces; credentials are left out. Called on the I/O thread.
  struct Notice {
    enum class Kind : std::uint8_t { request, response, event, retry } kind;
    std::string method, url;
    int status = 0;
    std::chrono::microseconds elapsed{0};
    std::string detail;
  };
  std::function<void(const Notice&)> observer{};
  HttpOptions http{};
};

struct StreamOptions {
  std::size_t max_events = 1024;  // kept for a slow reader; then the peer must wait
  std::size_t max_bytes = std::size_t{8} << 20;
  std::uint32_t max_reconnects = 5;  // in a row without an event between
  std::optional<std::chrono::milliseconds> idle_timeout{};
  bool cancel_remote = false;  // closing early cancels the task, too
};

// The updates of one task, in order. Thread-safe; one reader at a time.
class TaskStream {
 public:
  TaskStream(const TaskStream&) = delete;
  TaskStream& operator=(const TaskStream&) = delete;
  virtual ~TaskStream() = default;  // closes

  enum class Take : std::uint8_t { update, wait, end };
  // Takes the next update if it is there. Throws what ended the stream; `end` only when the task
  // ended, waits for its caller, or answered with a message.
  virtual Take try_next(TaskUpdate& update) = 0;
  // Calls `ready` once, as soon as try_next() will not say `wait`: at once, or on the I/O thread.
  // Replaces the callback that waits.
  virtual void when_ready(std::function<void()> ready) = 0;
  // Waits. Nothing at the end.
  virtual std::optional<TaskUpdate> next() = 0;
  // Closes the connection; no callback is called any more, and what follows is `end`. A task that
  // was sent goes on, unless StreamOptions::cancel_remote.
  virtual void close() = 0;
  // Empty until the peer has named it.
  virtual std::string task_id() const = 0;

 protected:
  TaskStream() = default;
};

class A2aClient {
 public:
  template <class T>
  using Callback = std::function<void(T, std::exception_ptr)>;
  using Cancel = std::function<void()>;  // callable from any thread, also after the end

  // Fetches and verifies the card of the agent at `url`.
  static Cancel connect_async(const std::string& url, ConnectOptions options,
                              Callback<std::shared_ptr<A2aClient>> done);
  static std::shared_ptr<A2aClient> connect(const std::string& url, ConnectOptions options = {});

  virtual ~A2aClient() = default;
  virtual const AgentCard& card() const noexcept = 0;
  virtual Protocol protocol() const noexcept = 0;
  virtual Binding binding() const noexcept = 0;
  virtual const std::string& endpoint() const noexcept = 0;

  virtual Cancel send_task_async(TaskSpec spec, Callback<SendResult> done) = 0;
  virtual Cancel get_task_async(std::string id, std::optional<std::uint32_t> history_length,
                                Callback<Task> done) = 0;
  // Official peers of 1.0 only; UnsupportedOperation elsewhere.
  virtual Cancel list_tasks_async(std::string context_id, std::string page_token,
                                  std::uint32_t page_size, Callback<TaskPage> done) = 0;
  virtual Cancel cancel_task_async(std::string id, Callback<Task> done) = 0;
  // Asks every `interval` until the task is over or waits for its caller.
  virtual Cancel wait_async(std::string id, std::chrono::milliseconds interval,
                            Callback<Task> done) = 0;
  virtual Cancel extended_card_async(Callback<AgentCard> done) = 0;
  // `config` is a JSON object's text; gives the peer's.
  virtual Cancel set_push_config_async(std::string task_id, std::string config,
                                       Callback<std::string> done) = 0;
  virtual std::shared_ptr<TaskStream> stream_task(TaskSpec spec, StreamOptions options = {}) = 0;
  virtual std::shared_ptr<TaskStream> stream_task(std::string id, StreamOptions options = {}) = 0;

  SendResult send_task(TaskSpec spec);
  Task get_task(std::string id, std::optional<std::uint32_t> history_length = {});
  TaskPage list_tasks(std::string context_id = {}, std::string page_token = {},
                      std::uint32_t page_size = 50);
  Task cancel_task(std::string id);
  Task wait(std::string id, std::chrono::milliseconds interval = std::chrono::milliseconds{500});
  AgentCard extended_card();
  std::string set_push_config(std::string task_id, std::string config);

  // Ends what is in flight; later calls throw. Idempotent.
  virtual void close() = 0;
};

}  // namespace ruvector
