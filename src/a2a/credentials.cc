#include "a2a/credentials.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

#include "base/background.h"
#include "net/url.h"

namespace ruvector::a2a {

namespace {

// What would end the header and begin another one, or is no text.
bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool has_header(const net::Headers& headers, std::string_view name) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::ranges::any_of(headers, [&](const auto& header) {
    return std::ranges::equal(header.first, name, {}, lower, lower);
  });
}

void require_header_value(const char* what, std::string_view value) {
  if (has_control(value)) {
    throw std::invalid_argument(std::string(what) +
                                ": it has a control character, which no header may have");
  }
}

}  // namespace

Credentials::Credentials(std::shared_ptr<net::Transport> transport, Authorization authorization,
                         std::string api_key, net::Headers headers)
    : transport_(std::move(transport)),
      authorization_(std::move(authorization)),
      api_key_(std::move(api_key)),
      headers_(std::move(headers)) {
  require_header_value("api_key", api_key_);
  for (const auto& [name, value] : headers_) {
    require_header_value("headers", name);
    require_header_value("headers", value);
  }
}

void Credentials::bind(std::string_view url) { origin_ = net::Url::parse(url).origin(); }

void Credentials::use_schemes(const std::vector<AuthScheme>& schemes) {
  if (api_key_.empty()) return;
  const auto found = std::ranges::find(schemes, "apiKey", &AuthScheme::type);
  if (found == schemes.end()) {
    throw std::invalid_argument("api_key: the card names no scheme of the type apiKey");
  }
  key_scheme_ = *found;
  if (key_scheme_.scheme.empty()) key_scheme_.scheme = "header";
  if (key_scheme_.parameter.empty()) key_scheme_.parameter = "X-API-Key";
  require_header_value("apiKey scheme", key_scheme_.parameter);
}

void Credentials::obtain(std::optional<std::uint64_t> rejected, Granted granted) {
  if (authorization_ == nullptr) return granted(grant_, nullptr);
  const bool is_known = grant_.generation > rejected.value_or(0);
  if (is_known) return granted(grant_, nullptr);
  waiting_.push_back(std::move(granted));
  if (!is_fetching_) fetch(rejected.has_value());
}

void Credentials::fetch(bool is_refresh) {
  is_fetching_ = true;
  base::post(base::Lane::blocking, [self = shared_from_this(), is_refresh] {
    std::string value;
    std::exception_ptr error;
    try {
      value = self->authorization_(is_refresh);
      require_header_value("authorization", value);
    } catch (...) {
      error = std::current_exception();
    }
    self->transport_->call_after({}, [self, value = std::move(value), error]() mutable {
      self->arrive(std::move(value), error);
    });
  });
}

void Credentials::arrive(std::string value, const std::exception_ptr& error) {
  is_fetching_ = false;
  if (error == nullptr) {
    grant_.authorization = std::move(value);
    ++grant_.generation;
  }
  const Grant grant = grant_;
  for (Granted& granted : std::exchange(waiting_, {})) granted(grant, error);
}

void Credentials::apply(const Grant& grant, net::Request& request) const {
  if (origin_.empty() || net::Url::parse(request.url).origin() != origin_) return;
  if (!grant.authorization.empty()) {
    request.headers.emplace_back("Authorization", grant.authorization);
  }
  if (key_scheme_.scheme == "header") {
    request.headers.emplace_back(key_scheme_.parameter, api_key_);
  } else if (key_scheme_.scheme == "cookie") {
    request.headers.emplace_back("Cookie", key_scheme_.parameter + "=" + api_key_);
  } else if (key_scheme_.scheme == "query") {
    request.url += request.url.find('?') == std::string::npos ? '?' : '&';
    request.url += net::percent_encode(key_scheme_.parameter) + "=" + net::percent_encode(api_key_);
  }
  for (const auto& header : headers_) {
    if (!has_header(request.headers, header.first)) request.headers.push_back(header);
  }
}

}  // namespace ruvector::a2a
