#include "net/proxy.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "net/socket_api.h"

namespace ruvector::net {
namespace {

const std::string kNone;

std::string variable(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

std::string_view without_brackets(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) return host.substr(1, host.size() - 2);
  return host;
}

// An address as bytes: 4 or 16 of them, 0 when `text` is none.
struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;
};

Address address(std::string_view text) {
  Address result;
  const std::string name(text);
  if (::inet_pton(AF_INET, name.c_str(), result.bytes.data()) == 1) {
    result.size = 4;
  } else if (::inet_pton(AF_INET6, name.c_str(), result.bytes.data()) == 1) {
    result.size = 16;
  }
  return result;
}

// Whether `host` lies in `network`, written as 10.0.0.0/8 or as one address.
bool in_network(std::string_view host, std::string_view network) {
  const std::size_t slash = network.find('/');
  const Address prefix = address(without_brackets(network.substr(0, slash)));
  const Address own = address(host);
  if (own.size == 0 || own.size != prefix.size) return false;
  std::size_t bits = prefix.size * 8;
  if (slash != std::string_view::npos) {
    const std::string_view text = network.substr(slash + 1);
    std::size_t given = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), given);
    if (error != std::errc() || end != text.data() + text.size() || given > bits) return false;
    bits = given;
  }
  for (std::size_t i = 0; i < bits; ++i) {
    const unsigned bit = 0x80U >> (i % 8);
    if (((own.bytes[i / 8] ^ prefix.bytes[i / 8]) & bit) != 0) return false;
  }
  return true;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_text(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

// Whether `host` is `name`, or lies below it.
bool in_domain(std::string_view host, std::string_view name) {
  while (name.starts_with('.') || name.starts_with('*')) name.remove_prefix(1);
  while (name.ends_with('.')) name.remove_suffix(1);
  while (host.ends_with('.')) host.remove_suffix(1);
  if (name.empty() || host.size() < name.size()) return false;
  const std::size_t before = host.size() - name.size();
  return equal_text(host.substr(before), name) && (before == 0 || host[before - 1] == '.');
}

// Without the port, if `entry` has one and it is that of `url`; empty if it is another.
std::string_view without_port(std::string_view entry, const Url& url) {
  const std::size_t colon = entry.rfind(':');
  const bool has_port = colon != std::string_view::npos &&
                        (entry.find(':') == colon || entry.substr(0, colon).ends_with(']'));
  if (!has_port) return entry;
  return entry.substr(colon + 1) == std::to_string(url.port()) ? entry.substr(0, colon)
                                                               : std::string_view();
}

bool is_named(const Url& url, std::string_view list) {
  const std::string_view host = without_brackets(url.host());
  while (!list.empty()) {
    const std::size_t end = list.find_first_of(", \t");
    std::string_view entry = list.substr(0, end);
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    if (entry == "*") return true;
    entry = without_port(entry, url);
    if (entry.empty()) continue;
    if (in_network(host, entry) || in_domain(host, entry)) return true;
  }
  return false;
}

}  // namespace

Proxies::Proxies(const HttpOptions& options) : all_(options.proxy) {
  if (!all_.empty() || !options.use_environment_proxy) return;
  // A server that runs scripts sets HTTP_PROXY from a header "Proxy", so it is not read.
  // Where names of variables have no case, http_proxy would be that one.
  const bool is_header =
      !variable({"REQUEST_METHOD"}).empty() && variable({"http_proxy"}) == variable({"HTTP_PROXY"});
  http_ = is_header ? variable({"all_proxy", "ALL_PROXY"})
                    : variable({"http_proxy", "all_proxy", "ALL_PROXY"});
  https_ = variable({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  left_out_ = variable({"no_proxy", "NO_PROXY"});
}

const std::string& Proxies::for_url(const Url& url) const noexcept {
  if (!all_.empty()) return all_;
  const std::string& proxy = url.is_https() ? https_ : http_;
  if (proxy.empty() || is_named(url, left_out_)) return kNone;
  return proxy;
}

}  // namespace ruvector::net
