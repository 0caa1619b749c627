// What agents say and make: parts, messages, artifacts. Plain values, the same for every dialect of
// the protocol. Unless said otherwise an empty text means that the peer sent none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ruvector {

enum class Role : std::uint8_t { unknown, user, agent };

// One piece of content. `kind` names the members that count.
struct Part {
  enum class Kind : std::uint8_t {
    text,   // text
    bytes,  // bytes, file_name, media_type
    url,    // url, file_name, media_type
    data,   // data: JSON text
  };
  Kind kind = Kind::text;
  std::string text{};
  std::string bytes{};  // decoded
  std::string url{};
  std::string data{};
  std::string file_name{};
  std::string media_type{};
  std::string metadata{};  // a JSON object's text

  bool operator==(const Part&) const = default;
};

struct Message {
  std::string message_id{};
  Role role = Role::agent;
  std::vector<Part> parts{};
  std::string task_id{};
  std::string context_id{};
  std::vector<std::string> reference_task_ids{};
  std::vector<std::string> extensions{};
  std::string metadata{};  // a JSON object's text

  bool operator==(const Message&) const = default;
};

// Something that a task made.
struct Artifact {
  std::string artifact_id{};  // rvAgent has none: its `index` in digits
  std::string name{};
  std::string description{};
  std::vector<Part> parts{};
  std::vector<std::string> extensions{};
  std::string metadata{};  // a JSON object's text

  bool operator==(const Artifact&) const = default;
};

}  // namespace ruvector
