#include "net/failure.h"

#include <curl/curl.h>

namespace ruvector::net {
namespace {

using Kind = Failure::Kind;

Kind kind_of(CURLcode code, const Progress& progress) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Kind::resolve;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY:
      return Kind::connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_ENGINE_NOTFOUND:
      return Kind::tls;
    case CURLE_OPERATION_TIMEDOUT:
      return Kind::timeout;
    case CURLE_FILESIZE_EXCEEDED:
      return Kind::too_large;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
      return Kind::protocol;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      // What ends here has met a proxy that would not, or an end while TLS was being agreed on.
      return progress.request_was_begun ? Kind::broken : Kind::connect;
    default:
      return Kind::broken;
  }
}

}  // namespace

Failure failure_of(int code, std::string_view detail, const Progress& progress) {
  const auto curl_code = static_cast<CURLcode>(code);
  const std::string_view text = detail.empty() ? curl_easy_strerror(curl_code) : detail;
  return {.kind = kind_of(curl_code, progress),
          .message = progress.origin + ": " + std::string(text),
          .request_was_sent = progress.request_was_sent};
}

}  // namespace ruvector::net
