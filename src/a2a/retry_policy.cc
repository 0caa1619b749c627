#include "a2a/retry_policy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <random>
#include <string>
#include <utility>

namespace ruvector::a2a {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

using Failing = net::Failure::Kind;

constexpr seconds kLongestDelay{24 * 60 * 60};

// Whether the same request may fare better.
bool may_pass(Failing kind) {
  switch (kind) {
    case Failing::resolve:
    case Failing::connect:
    case Failing::timeout:
    case Failing::idle_timeout:
    case Failing::broken:
      return true;
    default:
      return false;
  }
}

bool is_overload(int status) { return status == 429 || status == 503; }

std::optional<int> number(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (digits.front() == '-') return std::nullopt;
  return value;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that RFC 9110 lets senders write.
std::optional<std::int64_t> http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(25) != " GMT" || text.substr(3, 2) != ", ") {
    return std::nullopt;
  }
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  const auto day = number(text.substr(5, 2));
  const auto year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::sys_days date =
      std::chrono::year(*year) / static_cast<int>(month - kMonths.begin() + 1) / *day;
  const seconds time = std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second);
  return (date.time_since_epoch() + time).count();
}

}  // namespace

std::optional<seconds> retry_after_delay(std::string_view value, std::int64_t unix_s) {
  if (value.empty()) return std::nullopt;
  if (const auto delay = number(value)) return std::min(seconds(*delay), kLongestDelay);
  const auto date = http_date(value);
  if (!date) return std::nullopt;
  return std::clamp(seconds(*date - unix_s), seconds(0), kLongestDelay);
}

milliseconds RetryPolicy::jitter(int attempt) const {
  const int doublings = std::clamp(attempt - 1, 0, 30);
  const double most = std::min(static_cast<double>(limits_.cap.count()),
                               std::ldexp(static_cast<double>(limits_.base.count()), doublings));
  return milliseconds(static_cast<milliseconds::rep>(sources_.uniform() * most));
}

std::optional<milliseconds> RetryPolicy::after_failure(Kind kind, int attempt,
                                                       const net::Failure& failure) const {
  if (attempt >= limits_.max_attempts || !may_pass(failure.kind)) return std::nullopt;
  if (kind == Kind::action && failure.request_was_sent) return std::nullopt;
  return jitter(attempt);
}

std::optional<milliseconds> RetryPolicy::after_status(Kind kind, int attempt, int status,
                                                      std::string_view retry_after) const {
  if (attempt >= limits_.max_attempts) return std::nullopt;
  if (is_overload(status)) {
    // Only the server's own word makes an action safe to send again.
    if (const auto delay = retry_after_delay(retry_after, sources_.unix_s())) {
      if (*delay > limits_.longest_asked) return std::nullopt;
      return *delay + jitter(1);
    }
  }
  const bool may_get_better = is_overload(status) || status == 502 || status == 504;
  if (kind == Kind::action || !may_get_better) return std::nullopt;
  return jitter(attempt);
}

RetryPolicy::Sources system_retry_sources() {
  return {.uniform =
              [] {
                thread_local std::minstd_rand engine{std::random_device{}()};
                return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
              },
          .unix_s = [] { return static_cast<std::int64_t>(std::time(nullptr)); }};
}

}  // namespace ruvector::a2a
