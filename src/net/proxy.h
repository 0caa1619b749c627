// Which proxy a request goes through. A value; thread-safe as any.
#pragma once

#include <string>

#include "net/url.h"
#include "ruvector/net/http_options.h"

namespace ruvector::net {

class Proxies {
 public:
  // Reads the environment once, so not beside setenv().
  explicit Proxies(const HttpOptions& options);

  // The proxy's URL, or empty: none. A proxy that the options name serves everything; those of the
  // environment (http_proxy in lower case only, https_proxy, all_proxy) leave out what no_proxy
  // names: hosts, with all that is below them, addresses, networks such as 10.0.0.0/8, or "*".
  const std::string& for_url(const Url& url) const noexcept;

 private:
  std::string all_;  // of the options
  std::string http_;
  std::string https_;
  std::string left_out_;
};

}  // namespace ruvector::net
