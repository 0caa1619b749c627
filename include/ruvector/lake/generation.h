// Which version of a collection a store holds: a number or a text that changes with the data and
// means nothing else. Thread-safe as a value is.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace ruvector {

class Generation {
 public:
  Generation(std::uint64_t number = 0) : value_(number) {}
  Generation(std::string text) : value_(std::move(text)) {}

  bool is_number() const { return std::holds_alternative<std::uint64_t>(value_); }
  std::uint64_t number() const { return std::get<std::uint64_t>(value_); }   // of a number only
  const std::string& text() const { return std::get<std::string>(value_); }  // of a text only
  std::string to_string() const { return is_number() ? std::to_string(number()) : text(); }

  friend bool operator==(const Generation&, const Generation&) = default;
  friend auto operator<=>(const Generation&, const Generation&) = default;

 private:
  std::variant<std::uint64_t, std::string> value_;
};

}  // namespace ruvector
