#include "net/easy_handle.h"

#include <algorithm>
#include <new>

#include "net/open_socket.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/version.h"

namespace ruvector::net {
namespace {

bool is_token_character(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

// What would end the line, or be no text.
bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

bool has_header(const Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return is_same_name(header.first, name); });
}

// libcurl leaves out a header without a value, unless a semicolon says that it has none.
std::string header_text(const std::string& name, const std::string& value) {
  if (!is_token(name)) throw RuVectorError("a header's name is no token: '" + name + "'");
  if (!is_value(value)) throw RuVectorError("the header " + name + " has a control character");
  return value.empty() ? name + ";" : name + ": " + value;
}

}  // namespace

template <class Value>
void EasyHandle::set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLE_OK) {
    throw RuVectorError("libcurl refuses option " + std::to_string(option) + ": " +
                        curl_easy_strerror(code));
  }
}

EasyHandle::EasyHandle(const HttpOptions& options, const std::string& ca_file)
    : easy_(curl_easy_init()) {
  if (!easy_) throw std::bad_alloc();
  set_connections(options);
  set_tls(options.tls, ca_file);
  set_callbacks();
}

void EasyHandle::set_connections(const HttpOptions& options) {
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  // Pausing and HTTP/2 do not go together in the versions that are about.
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  // A lookup by name that is given up must not hold up the I/O thread.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(std::max<std::int64_t>(options.timeouts.connect.count(), 0)));
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  const std::string agent =
      options.user_agent.empty() ? std::string("ruvector/") + kVersion : options.user_agent;
  if (!is_value(agent)) throw RuVectorError("the user agent has a control character");
  set(CURLOPT_USERAGENT, agent.c_str());
}

void EasyHandle::set_tls(const TlsOptions& tls, const std::string& ca_file) {
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!ca_file.empty()) {
    set(CURLOPT_CAINFO, ca_file.c_str());
    set(CURLOPT_PROXY_CAINFO, ca_file.c_str());
    // Who names a file trusts nobody else.
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    set(CURLOPT_PROXY_CAPATH, static_cast<const char*>(nullptr));
  } else {
    // Windows has no such file but a store of its own, which libcurl reads.
    set(CURLOPT_SSL_OPTIONS, static_cast<long>(CURLSSLOPT_NATIVE_CA));
    set(CURLOPT_PROXY_SSL_OPTIONS, static_cast<long>(CURLSSLOPT_NATIVE_CA));
  }
  if (!tls.client_certificate.empty()) set(CURLOPT_SSLCERT, tls.client_certificate.c_str());
  if (!tls.client_key.empty()) set(CURLOPT_SSLKEY, tls.client_key.c_str());
  if (!tls.client_key_password.empty()) set(CURLOPT_KEYPASSWD, tls.client_key_password.c_str());
}

void EasyHandle::set_callbacks() {
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_ERRORBUFFER, detail_.data());
  set(CURLOPT_HEADERFUNCTION, &EasyHandle::header_line);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &EasyHandle::body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_PREREQFUNCTION, &EasyHandle::connected);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_OPENSOCKETFUNCTION, &EasyHandle::open_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_CLOSESOCKETFUNCTION, &EasyHandle::close_socket);
}

void EasyHandle::begin(const Request& request, const HttpOptions& options, const Target& target,
                       Events& events) {
  detail_[0] = '\0';
  set(CURLOPT_URL, target.url.c_str());
  // An empty text keeps libcurl from asking the environment.
  set(CURLOPT_PROXY, target.proxy.c_str());
  set(CURLOPT_NOPROXY, "");
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(target.total_timeout.count()));
  set(CURLOPT_ACCEPT_ENCODING, request.is_stream ? nullptr : "");
  set(CURLOPT_MAXFILESIZE_LARGE,
      static_cast<curl_off_t>(request.is_stream ? 0 : request.max_body_bytes));
  set_method(request);
  set_headers(request, options);
  events_ = &events;
}

void EasyHandle::set_method(const Request& request) {
  if (!is_token(request.method)) throw RuVectorError("the method is no token");
  set(CURLOPT_CUSTOMREQUEST, static_cast<const char*>(nullptr));
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
    return;
  }
  set(CURLOPT_NOBODY, 0L);
  if (request.method == "POST" || !request.body.empty()) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
  } else {
    set(CURLOPT_HTTPGET, 1L);
  }
  if (request.method != "POST" && request.method != "GET") {
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  } else if (request.method == "GET" && !request.body.empty()) {
    set(CURLOPT_CUSTOMREQUEST, "GET");
  }
}

void EasyHandle::set_headers(const Request& request, const HttpOptions& options) {
  headers_.reset();
  for (const auto& [name, value] : request.headers) add_header(header_text(name, value));
  for (const auto& [name, value] : options.headers) {
    if (!has_header(request.headers, name)) add_header(header_text(name, value));
  }
  // A large body is sent at once: who would refuse it answers early anyway.
  add_header("Expect:");
  set(CURLOPT_HTTPHEADER, headers_.get());
}

void EasyHandle::add_header(const std::string& line) {
  curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  [[maybe_unused]] curl_slist* owned_by_longer = headers_.release();
  headers_.reset(longer);
}

void EasyHandle::end() noexcept {
  events_ = nullptr;
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, nullptr);
  curl_easy_setopt(easy_.get(), CURLOPT_POSTFIELDS, nullptr);
  headers_.reset();
}

void EasyHandle::pause() noexcept { curl_easy_pause(easy_.get(), CURLPAUSE_RECV); }
void EasyHandle::resume() noexcept { curl_easy_pause(easy_.get(), CURLPAUSE_CONT); }

EasyHandle& EasyHandle::of(CURL* easy) noexcept {
  EasyHandle* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return *self;
}

long EasyHandle::request_bytes() const noexcept {
  long bytes = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &bytes);
  return bytes;
}

std::size_t EasyHandle::header_line(char* bytes, std::size_t size, std::size_t count, void* self) {
  Events& events = *static_cast<EasyHandle*>(self)->events_;
  return events.on_header_line({bytes, size * count}) ? size * count : 0;
}

// Whatever is no count of these bytes is an error, also when there are none.
std::size_t EasyHandle::body(char* bytes, std::size_t size, std::size_t count, void* self) {
  Events& events = *static_cast<EasyHandle*>(self)->events_;
  switch (events.on_body({bytes, size * count})) {
    case Taken::all:
      return size * count;
    case Taken::later:
      return CURL_WRITEFUNC_PAUSE;
    case Taken::give_up:
      break;
  }
  return size * count + 1;
}

int EasyHandle::connected(void* self, char*, char*, int, int) {
  Events& events = *static_cast<EasyHandle*>(self)->events_;
  return events.on_connected() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

curl_socket_t EasyHandle::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  Events& events = *static_cast<EasyHandle*>(self)->events_;
  if (!events.may_connect(address->addr, static_cast<std::size_t>(address->addrlen)))
    return CURL_SOCKET_BAD;
  return system_socket(net::open_socket(address->family, address->socktype, address->protocol));
}

// A forked child may hold the socket too: the peer is to see the end at once all the same.
int EasyHandle::close_socket(void*, curl_socket_t socket) {
  return net::close_socket(static_cast<int>(socket));
}

}  // namespace ruvector::net
