// When a request may be sent again, and how long to wait before: full jitter, and what a server
// asks for by Retry-After. Not thread-safe; the random numbers and the time of day are injected.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "net/transport.h"

namespace ruvector::a2a {

class RetryPolicy {
 public:
  // What sending twice does to the peer.
  enum class Kind : std::uint8_t {
    read,    // nothing: cards, tasks, subscriptions
    action,  // it may be done twice: only what certainly was not done is sent again
  };
  struct Limits {
    int max_attempts = 3;
    std::chrono::milliseconds base{200};
    std::chrono::milliseconds cap{5000};
    // Who is asked to wait for longer is told so instead.
    std::chrono::milliseconds longest_asked{60'000};
  };
  struct Sources {
    std::function<double()> uniform;       // in [0, 1)
    std::function<std::int64_t()> unix_s;  // of the time of day
  };

  explicit RetryPolicy(Sources sources) : RetryPolicy(std::move(sources), Limits()) {}
  RetryPolicy(Sources sources, Limits limits) : sources_(std::move(sources)), limits_(limits) {}

  // How long to wait before the attempt after number `attempt` (from 1), which failed; nothing when
  // there is to be none.
  std::optional<std::chrono::milliseconds> after_failure(Kind kind, int attempt,
                                                         const net::Failure& failure) const;
  // The same for an answer with a status that is no success.
  std::optional<std::chrono::milliseconds> after_status(Kind kind, int attempt, int status,
                                                        std::string_view retry_after) const;

  // A random delay below `base` * 2^(attempt - 1), itself at most `cap`.
  std::chrono::milliseconds jitter(int attempt) const;

 private:
  Sources sources_;
  Limits limits_;
};

// Random numbers and the time of day of the system.
RetryPolicy::Sources system_retry_sources();

// What Retry-After says, as seconds or as a date of RFC 9110; nothing when it says neither. A date
// that is over is no delay at all.
std::optional<std::chrono::seconds> retry_after_delay(std::string_view value, std::int64_t unix_s);

}  // namespace ruvector::a2a
