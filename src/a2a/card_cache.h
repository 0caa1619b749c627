// The cards that were verified in this process, for asking servers whether they have changed. What
// is found here is verified again. Thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace ruvector::a2a {

class CardCache {
 public:
  static constexpr std::size_t kMaxCards = 64;

  struct Entry {
    std::string base_url;  // the agent's
    std::string card_url;  // where its card was found
    std::string etag;      // may be empty
    std::string bytes;
  };

  std::optional<Entry> find(std::string_view base_url);
  // Replaces the entry of the same agent; forgets the one that was used longest ago.
  void keep(Entry entry);

 private:
  std::mutex mutex_;
  std::list<Entry> entries_;  // the last used one first
};

}  // namespace ruvector::a2a
