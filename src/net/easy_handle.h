// A transfer of libcurl that serves one request after another of a transport. What all requests
// share is set once. On the I/O thread only.
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/socket_api.h"
#include "net/transport.h"

namespace ruvector::net {

class EasyHandle {
 public:
  // `later`: the same bytes again, after resume(). libcurl may have a few in hand when it is
  // paused.
  enum class Taken : std::uint8_t { all, later, give_up };

  // The request that the handle serves. Must not throw.
  class Events {
   public:
    virtual ~Events() = default;
    // Those that say bool say false to give up.
    virtual bool on_header_line(std::string_view line) = 0;
    virtual Taken on_body(std::string_view bytes) = 0;
    // The request is about to be sent, perhaps again on another connection.
    virtual bool on_connected() = 0;
    // Whether the socket may be opened that connects to this address.
    virtual bool may_connect(const sockaddr& address, std::size_t size) = 0;
  };

  struct Target {
    std::string url;
    std::string proxy;                        // empty: none
    std::chrono::milliseconds total_timeout;  // 0: none
  };

  // `ca_file` may be empty. Throws RuVectorError.
  EasyHandle(const HttpOptions& options, const std::string& ca_file);

  // `request`, whose body is not copied, and `events` must live until end(). Throws RuVectorError.
  void begin(const Request& request, const HttpOptions& options, const Target& target,
             Events& events);
  void end() noexcept;

  void pause() noexcept;
  void resume() noexcept;

  CURL* get() const noexcept { return easy_.get(); }
  // The handle that curl_multi_info_read() names.
  static EasyHandle& of(CURL* easy) noexcept;
  Events* events() const noexcept { return events_; }
  // What libcurl says of the failure; may be empty.
  const char* detail() const noexcept { return detail_.data(); }
  // Bytes of requests that have left, those to a proxy too.
  long request_bytes() const noexcept;

 private:
  struct EasyDeleter {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
  };
  struct ListDeleter {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };

  template <class Value>
  void set(CURLoption option, Value value);
  void set_connections(const HttpOptions& options);
  void set_tls(const TlsOptions& tls, const std::string& ca_file);
  void set_callbacks();
  void set_method(const Request& request);
  void set_headers(const Request& request, const HttpOptions& options);
  void add_header(const std::string& line);

  static std::size_t header_line(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t body(char* bytes, std::size_t size, std::size_t count, void* self);
  static int connected(void* self, char*, char*, int, int);
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address);
  static int close_socket(void* self, curl_socket_t socket);

  std::unique_ptr<CURL, EasyDeleter> easy_;
  std::unique_ptr<curl_slist, ListDeleter> headers_;
  Events* events_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> detail_{};
};

}  // namespace ruvector::net
