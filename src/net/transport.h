// Requests over HTTP, one thread for all of them. What runs there is called the I/O thread: every
// callback of a Receiver and of call_after() runs on it, one at a time, and must be quick.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ruvector/net/http_options.h"

namespace ruvector::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";
  std::string url = {};
  Headers headers = {};
  std::string body = {};
  bool is_stream = false;  // no total timeout, an idle one; no limit of size; no decompression
  std::size_t max_body_bytes = std::size_t{64} << 20;  // of an answer that is no stream
  std::chrono::milliseconds total_timeout{0};          // 0: as in HttpOptions::timeouts
};

struct ResponseHead {
  int status = 0;
  Headers headers;  // names in lower case

  // The first header called `name`, in lower case; empty without one.
  std::string_view header(std::string_view name) const noexcept;
};

// Why a request came to nothing.
struct Failure {
  enum class Kind : std::uint8_t {
    refused_address,  // by AddressPolicy, before connecting
    resolve,
    connect,
    tls,
    timeout,  // total, connect or header
    idle_timeout,
    too_large,
    broken,     // the connection ended before the answer did
    protocol,   // no HTTP
    cancelled,  // by cancel()
    shut_down,  // the transport, or the process that had started it, ended
  };
  Kind kind = Kind::broken;
  std::string message = {};      // names the host, the value and the limit
  bool request_was_sent = true;  // false: certainly no byte of the request has left
};

enum class Flow : std::uint8_t { more, pause };

// What its callbacks throw ends the request as Kind::broken.
class Receiver {
 public:
  virtual ~Receiver() = default;
  // Once, before the first on_data; not when the request fails before.
  virtual void on_head(const ResponseHead& head) = 0;
  // Bytes of the body, already taken. After Flow::pause no more come until Transfer::resume(), and
  // the connection's window fills up.
  virtual Flow on_data(std::string_view bytes) = 0;
  // The last call, once. `failure` is null when the answer is complete.
  virtual void on_end(const Failure* failure) = 0;
};

// A request in flight. Its methods may be called from any thread, also after the end. Letting go of
// it does not cancel.
class Transfer {
 public:
  virtual ~Transfer() = default;
  // Closes the connection; on_end(cancelled) follows, unless the end was on its way.
  virtual void cancel() = 0;
  virtual void resume() = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Thread-safe. Problems with the request itself come as on_end, too. Only when the process ends
  // or has no thread left is on_end called from in here; when it ends, what is in flight gets none.
  virtual std::shared_ptr<Transfer> start(Request request, std::shared_ptr<Receiver> receiver) = 0;
  // Runs `task` on the I/O thread, soon or when `delay` has passed. Thread-safe. What is still
  // waiting when the transport goes is dropped.
  virtual void call_after(std::chrono::nanoseconds delay, std::function<void()> task) = 0;
  // The clock of call_after().
  virtual std::chrono::steady_clock::time_point now() const = 0;
};

// A transport over libcurl, for requests with `options`: one I/O thread serves all that a process
// has, and each keeps its own connections. A request that cannot be repeated is sent once: when a
// kept connection ends without an answer, only GET and HEAD are asked again. After fork() the child
// starts its own thread; what the parent had begun ends there as shut_down when it is cancelled,
// and its connections are left alone. Reads the environment (proxies, the CA file) here, not later.
std::shared_ptr<Transport> make_http_transport(HttpOptions options);

}  // namespace ruvector::net
