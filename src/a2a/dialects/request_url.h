// Addresses of requests.
// Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace ruvector::a2a {

// `base` and a path that begins with '/', without a '/' twice between.
std::string join_url(std::string_view base, std::string_view path);

// `text` as one segment of a path or one value of a query: all but RFC 3986's unreserved
// characters as %NN, and the dots of a segment that would mean the folder above, too.
std::string percent_encoded(std::string_view text);

}  // namespace ruvector::a2a
