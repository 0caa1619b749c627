#include "a2a/card_cache.h"

#include <algorithm>
#include <utility>

namespace ruvector::a2a {

std::optional<CardCache::Entry> CardCache::find(std::string_view base_url) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(entries_, base_url, &Entry::base_url);
  if (found == entries_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found);
  return *found;
}

void CardCache::keep(Entry entry) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const Entry& old) { return old.base_url == entry.base_url; });
  entries_.push_front(std::move(entry));
  if (entries_.size() > kMaxCards) entries_.pop_back();
}

}  // namespace ruvector::a2a
