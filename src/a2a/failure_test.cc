#include "a2a/failure.h"

#include <gtest/gtest.h>

#include <typeinfo>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

using Kind = net::Failure::Kind;

const std::type_info& type_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return typeid(known);
  }
}

std::exception_ptr error_of(Kind kind, bool was_sent = true) {
  return to_error({.kind = kind, .message = "peer: why", .request_was_sent = was_sent}, "get_task");
}

TEST(Failure, EachKindHasItsError) {
  EXPECT_EQ(type_of(error_of(Kind::timeout)), typeid(Timeout));
  EXPECT_EQ(type_of(error_of(Kind::idle_timeout)), typeid(Timeout));
  EXPECT_EQ(type_of(error_of(Kind::too_large)), typeid(ProtocolError));
  EXPECT_EQ(type_of(error_of(Kind::protocol)), typeid(ProtocolError));
  EXPECT_EQ(type_of(error_of(Kind::cancelled)), typeid(Cancelled));
  for (const Kind kind : {Kind::refused_address, Kind::resolve, Kind::connect, Kind::tls,
                          Kind::broken, Kind::shut_down}) {
    EXPECT_EQ(type_of(error_of(kind)), typeid(TransportError));
  }
}

TEST(Failure, TheMessageSaysWhatWasAskedAndWhyItFailed) {
  EXPECT_EQ(text_of(error_of(Kind::connect)), "get_task: peer: why");
  EXPECT_EQ(text_of(nullptr), "no error");
  EXPECT_EQ(text_of(std::make_exception_ptr(7)), "an unknown error");
}

TEST(Failure, WhatWasNotSentMayBeAskedAgain) {
  try {
    std::rethrow_exception(error_of(Kind::connect, false));
  } catch (const A2aError& error) {
    EXPECT_TRUE(error.details().retryable);
    EXPECT_EQ(error.details().http_status, 0);
  }
  try {
    std::rethrow_exception(error_of(Kind::broken, true));
  } catch (const A2aError& error) {
    EXPECT_FALSE(error.details().retryable);
  }
}

TEST(Failure, ErrorsAreToldApart) {
  const auto lost = std::make_exception_ptr(StreamInterrupted("x"));
  const auto unknown = std::make_exception_ptr(TaskNotFound("x"));
  const auto login = std::make_exception_ptr(AuthRequired("x"));
  EXPECT_TRUE(is_transport_error(lost));
  EXPECT_FALSE(is_transport_error(unknown));
  EXPECT_TRUE(is_task_not_found(unknown));
  EXPECT_FALSE(is_task_not_found(lost));
  EXPECT_TRUE(is_auth_required(login));
  EXPECT_FALSE(is_auth_required(nullptr));
}

}  // namespace
}  // namespace ruvector::a2a
