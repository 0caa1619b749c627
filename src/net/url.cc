#include "net/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>

namespace ruvector::net {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, UrlDeleter>;

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  constexpr std::size_t kShown = 200;
  std::string shown(text.substr(0, kShown));
  // A password must not get into a log.
  if (shown.find('@') != std::string::npos) shown = "a URL with '@'";
  throw std::invalid_argument("url: " + shown + ": " + std::string(why));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return lower(c); });
  return result;
}

// A part as written, or an empty text when there is none.
std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
  return text;
}

void check_text(std::string_view text) {
  if (text.size() > Url::kMaxBytes) {
    refuse(text, std::to_string(text.size()) + " bytes are above the limit of " +
                     std::to_string(Url::kMaxBytes));
  }
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7F || c == '\\') refuse({}, "a character that a URL cannot have");
  }
  // libcurl forgives one slash, and three.
  const std::size_t colon = text.find("://");
  const std::string scheme = lower(text.substr(0, colon));
  if (colon == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    refuse(text, "the scheme is neither http nor https");
  }
  if (text.substr(colon + 3).starts_with('/')) refuse(text, "no host");
}

std::uint16_t port_of(std::string_view url, std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    refuse(url, "port " + std::string(text) + " is not between 1 and 65535");
  }
  return port;
}

}  // namespace

Url Url::parse(std::string_view text) {
  check_text(text);
  const CurlUrl parsed(curl_url());
  if (!parsed) throw std::bad_alloc();
  const CURLUcode code =
      curl_url_set(parsed.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_DISALLOW_USER);
  if (code == CURLUE_USER_NOT_ALLOWED) refuse(text, "a user name and password have no place in it");
  if (code != CURLUE_OK) refuse(text, curl_url_strerror(code));
  if (!part(parsed.get(), CURLUPART_ZONEID).empty()) refuse(text, "a zone is not served");
  Url url;
  url.scheme_ = lower(part(parsed.get(), CURLUPART_SCHEME));
  url.host_ = lower(part(parsed.get(), CURLUPART_HOST));
  if (url.host_.empty()) refuse(text, "no host");
  url.port_ = port_of(text, part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
  url.path_ = part(parsed.get(), CURLUPART_PATH);
  url.query_ = part(parsed.get(), CURLUPART_QUERY);
  return url;
}

std::string Url::origin() const {
  std::string result = scheme_ + "://" + host_;
  if (port_ != (is_https() ? 443 : 80)) result += ":" + std::to_string(port_);
  return result;
}

bool Url::same_origin(const Url& other) const noexcept {
  return scheme_ == other.scheme_ && host_ == other.host_ && port_ == other.port_;
}

std::string Url::str() const {
  return origin() + path_ + (query_.empty() ? std::string() : "?" + query_);
}

Url Url::below(std::string_view path) const {
  std::string_view base = path_;
  while (base.ends_with('/')) base.remove_suffix(1);
  while (path.starts_with('/')) path.remove_prefix(1);
  return parse(origin() + std::string(base) + "/" + std::string(path));
}

Url Url::at_root(std::string_view path) const {
  if (!path.starts_with('/')) refuse(path, "a path at the root begins with a slash");
  return parse(origin() + std::string(path));
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += kHex[byte >> 4];
    result += kHex[byte & 15];
  }
  return result;
}

}  // namespace ruvector::net
