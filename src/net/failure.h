// Says in our words what libcurl says of a request that failed. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "net/transport.h"

namespace ruvector::net {

// How far the request had come.
struct Progress {
  std::string origin;
  bool request_was_begun = false;  // there was a connection to send it over
  bool request_was_sent = false;   // a byte of it at least
};

// `code` is a CURLcode that is no success; `detail` is libcurl's own text, perhaps empty.
Failure failure_of(int code, std::string_view detail, const Progress& progress);

}  // namespace ruvector::net
