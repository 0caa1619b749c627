// The exchanges with real servers in tests/golden/a2a, for tests.
#pragma once

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/sse_parser.h"
#include "net/transport.h"

namespace ruvector::a2a {

inline std::string golden_text(const std::string& name) {
  const std::string path = std::string(RUVECTOR_GOLDEN_DIR) + "/a2a/" + name + ".txt";
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

struct Exchange {
  std::string name;
  std::string request;  // the body that was sent, or the whole command line
  net::ResponseHead head;
  std::string body;

  bool is_stream() const { return head.header("content-type").starts_with("text/event-stream"); }
};

struct Frame {
  std::string event;
  std::string data;
};

inline std::string_view without_end(std::string_view text, std::string_view characters) {
  const auto last = text.find_last_not_of(characters);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

// Splits "HTTP/1.1 200 OK", headers, an empty line and a body, as curl -i prints them.
inline void read_response(std::string_view text, Exchange& exchange) {
  const std::size_t begin = text.find("HTTP/1.1 ");
  if (begin == std::string_view::npos) {
    exchange.body = std::string(without_end(text, "\n"));
    exchange.head.status = 200;
    return;
  }
  text.remove_prefix(begin);
  const std::size_t end = std::min(text.find("\n\n"), text.size());
  std::istringstream lines{std::string(text.substr(0, end))};
  std::string line;
  std::getline(lines, line);
  std::from_chars(line.data() + 9, line.data() + 12, exchange.head.status);
  while (std::getline(lines, line)) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    exchange.head.headers.emplace_back(std::move(name), line.substr(colon + 2));
  }
  if (end < text.size()) exchange.body = std::string(text.substr(end + 2));
  if (!exchange.is_stream()) exchange.body = std::string(without_end(exchange.body, "\n"));
}

// One "### name", what was sent (a command line, or lines that begin "> ") and the answer.
inline Exchange read_section(std::string_view section) {
  Exchange exchange;
  const auto take_line = [&] {
    const std::size_t size = std::min(section.find('\n'), section.size());
    const std::string_view line = section.substr(0, size);
    section.remove_prefix(std::min(size + 1, section.size()));
    return line;
  };
  exchange.name = std::string(take_line().substr(4));
  while (section.starts_with("$ ") || section.starts_with("> ")) {
    exchange.request = std::string(take_line().substr(2));
  }
  // A note of the recorder on the next exchange.
  section = section.substr(0, section.find("\n# "));
  read_response(section, exchange);
  return exchange;
}

// The exchanges of a server, of both files where there are two.
inline std::vector<Exchange> read_transcript(const std::string& server) {
  std::vector<Exchange> exchanges;
  const bool has_more = !server.ends_with("c");
  for (const std::string& file : {server, has_more ? server + "_more" : std::string()}) {
    if (file.empty()) continue;
    const std::string text = "\n" + golden_text(file);
    std::size_t at = text.find("\n### ");
    while (at != std::string::npos) {
      const std::size_t next = text.find("\n### ", at + 1);
      exchanges.push_back(read_section(std::string_view(text).substr(at + 1, next - at)));
      at = next;
    }
  }
  return exchanges;
}

inline Exchange find_exchange(const std::string& server, std::string_view name) {
  for (Exchange& exchange : read_transcript(server)) {
    if (exchange.name == name) return std::move(exchange);
  }
  throw std::runtime_error(server + " has no exchange " + std::string(name));
}

inline std::vector<Frame> frames_of(std::string_view body) {
  net::SseParser parser(std::size_t{1} << 20);
  parser.push(body);
  std::vector<Frame> frames;
  while (const auto event = parser.next()) {
    frames.push_back({std::string(event->event), std::string(event->data)});
  }
  return frames;
}

}  // namespace ruvector::a2a
