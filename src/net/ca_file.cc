#include "net/ca_file.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace ruvector::net {
namespace {

constexpr const char* kVariables[] = {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"};

constexpr const char* kBundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, Red Hat
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Red Hat 7 and newer
    "/etc/ssl/ca-bundle.pem",                             // SUSE
    "/etc/pki/tls/cacert.pem",                            // OpenELEC
    "/etc/ssl/cert.pem",                                  // Alpine, macOS, OpenBSD
    "/usr/local/share/certs/ca-root-nss.crt",             // FreeBSD
};

}  // namespace

std::string find_ca_file(const std::string& given) {
  if (!given.empty()) return given;
  std::error_code ignored;
  for (const char* variable : kVariables) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') continue;
    if (!std::filesystem::is_directory(value, ignored)) return value;
  }
  for (const char* bundle : kBundles) {
    if (std::filesystem::is_regular_file(bundle, ignored)) return bundle;
  }
  return {};
}

}  // namespace ruvector::net
