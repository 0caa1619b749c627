// Certificates and a TLS side of a TestConnection, for tests.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/test_folder.h"
#include "net/test_server.h"

namespace ruvector::net {

template <auto release>
struct Free {
  template <class Value>
  void operator()(Value* value) const noexcept {
    release(value);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

// A key and a certificate signed by it, also as PEM files in a folder that lives as long.
class TestIdentity {
 public:
  // `names` as OpenSSL writes them: "IP:127.0.0.1,DNS:host".
  explicit TestIdentity(const std::string& names)
      : key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")), certificate(X509_new()) {
    make(names);
    std::FILE* file = std::fopen(certificate_file().c_str(), "w");
    PEM_write_X509(file, certificate.get());
    std::fclose(file);
    file = std::fopen(key_file().c_str(), "w");
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }

  std::string certificate_file() const { return (folder_.path() / "certificate.pem").string(); }
  std::string key_file() const { return (folder_.path() / "key.pem").string(); }

  Key key;
  Certificate certificate;

 private:
  void make(const std::string& names) {
    X509* made = certificate.get();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made), 86400);
    X509_set_pubkey(made, key.get());
    X509_NAME* name = X509_get_subject_name(made);
    const unsigned char common_name[] = "ruvector test";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
    X509_set_issuer_name(made, name);
    add(NID_subject_alt_name, names);
    add(NID_basic_constraints, "critical,CA:TRUE");
    if (X509_sign(made, key.get(), EVP_sha256()) == 0) throw std::runtime_error("X509_sign");
  }

  void add(int id, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
    if (extension == nullptr) throw std::runtime_error("X509V3_EXT_conf_nid: " + value);
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  const base::TestFolder folder_;
};

// The server's side of TLS over a connection; false from `accept` when the client will not.
class TestTls {
 public:
  // `client`: the one that clients must show themselves to be.
  TestTls(TestConnection& connection, const TestIdentity& identity,
          const TestIdentity* client = nullptr)
      : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
    if (client != nullptr) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), client->certificate.get());
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                         nullptr);
    }
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), connection.socket());
  }

  bool accept() { return SSL_accept(tls_.get()) == 1; }
  // Up to the end of a head; empty at the end of the connection.
  std::string read_head() {
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n")) {
      if (SSL_read(tls_.get(), &byte, 1) != 1) return {};
      head += byte;
    }
    return head;
  }
  void write(std::string_view bytes) {
    SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  void close() { SSL_shutdown(tls_.get()); }

 private:
  std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, Free<SSL_free>> tls_;
};

}  // namespace ruvector::net
