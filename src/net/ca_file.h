// Which certificate authorities are trusted, found out at run time: a wheel knows nothing of the
// system that it will be on.
#pragma once

#include <string>

namespace ruvector::net {

// `given` if it is not empty; else the first of SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE
// that is set and names no folder, whether or not it can be read: who names a file wants no other.
// Else the system's bundle, or empty when it has none where systems have it. Reads the environment,
// so not beside setenv().
std::string find_ca_file(const std::string& given);

}  // namespace ruvector::net
