// An http or https URL. A value, thread-safe as any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ruvector::net {

class Url {
 public:
  static constexpr std::size_t kMaxBytes = 8192;

  // Throws std::invalid_argument, saying what is wrong: another scheme, a user or password, no
  // host, port 0, a zone, what is no printable ASCII, more than kMaxBytes. Dots in the path are
  // resolved, a fragment is dropped.
  static Url parse(std::string_view text);

  const std::string& scheme() const noexcept { return scheme_; }  // "http" or "https"
  const std::string& host() const noexcept { return host_; }      // lower case; [..] around IPv6
  std::uint16_t port() const noexcept { return port_; }
  const std::string& path() const noexcept { return path_; }    // as written, at least "/"
  const std::string& query() const noexcept { return query_; }  // as written, without '?'
  bool is_https() const noexcept { return scheme_ == "https"; }

  // Scheme, host and port as RFC 6454 writes them: a default port is left out.
  std::string origin() const;
  bool same_origin(const Url& other) const noexcept;
  // The whole, normalised; parse(str()) is equal to this.
  std::string str() const;

  // `path` below this URL's own, with one slash between; a query is dropped. `path` may bring a
  // query of its own, and is taken as encoded.
  Url below(std::string_view path) const;
  // `path`, which begins with a slash, at the root of the origin.
  Url at_root(std::string_view path) const;

  bool operator==(const Url&) const = default;

 private:
  Url() = default;

  std::string scheme_;
  std::string host_;
  std::uint16_t port_ = 0;
  std::string path_;
  std::string query_;
};

// Text as a segment of a path or a value in a query: all but letters, digits and "-._~" as %XX.
std::string percent_encode(std::string_view text);

}  // namespace ruvector::net
