// What a Poller made of poll() keeps: the sockets, and who owns them. `Entry` is the system's
// pollfd. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <unordered_map>
#include <vector>

#include "net/poller.h"

namespace ruvector::net {

template <class Entry>
class PollTable {
 public:
  // What the system calls these events.
  struct Words {
    short readable;
    short writable;
    short invalid;
  };

  // `wakeup` can be read when the thread is to wake; it is the first entry, and told of to nobody.
  PollTable(decltype(Entry::fd) wakeup, Words words) : words_(words) {
    entries_.push_back(entry(wakeup, Poller::kReadable));
    owners_.push_back(0);
    events_.reserve(kFewest);
  }

  std::span<Entry> entries() noexcept { return entries_; }
  bool is_woken() const noexcept { return entries_[0].revents != 0; }

  void watch(int socket, std::uint32_t what, std::size_t owner) {
    const Entry made = entry(static_cast<decltype(Entry::fd)>(socket), what);
    // First, so that what follows cannot fail halfway.
    entries_.reserve(entries_.size() + 1);
    owners_.reserve(entries_.size() + 1);
    const auto [found, is_new] = places_.try_emplace(socket, entries_.size());
    if (is_new) {
      entries_.push_back(made);
      owners_.push_back(owner);
    } else {
      entries_[found->second] = made;
      owners_[found->second] = owner;
    }
  }

  void forget(int socket) noexcept {
    const auto found = places_.find(socket);
    if (found == places_.end()) return;
    const std::size_t place = found->second;
    places_.erase(found);
    if (place + 1 != entries_.size()) {
      entries_[place] = entries_.back();
      owners_[place] = owners_.back();
      places_[static_cast<int>(entries_[place].fd)] = place;
    }
    entries_.pop_back();
    owners_.pop_back();
  }

  // What the last poll() has told, valid until the next call; nothing when `is_over`: it failed, or
  // its time was up.
  std::span<const Poller::Event> events(bool is_over) noexcept {
    events_.clear();
    if (is_over) return events_;
    make_room();
    // From the last: forget() puts it in the place of another.
    for (std::size_t i = entries_.size() - 1; i > 0 && events_.size() < events_.capacity(); --i) {
      const int happened = entries_[i].revents;
      if (happened == 0) continue;
      const auto socket = static_cast<int>(entries_[i].fd);
      std::uint32_t what = 0;
      if ((happened & words_.readable) != 0) what |= Poller::kReadable;
      if ((happened & words_.writable) != 0) what |= Poller::kWritable;
      events_.push_back({owners_[i], socket, what});
      // As epoll does it: whoever has closed a socket is told no more of it.
      if ((happened & words_.invalid) != 0) forget(socket);
    }
    return events_;
  }

 private:
  static constexpr std::size_t kFewest = 64;

  // Not in watch(): whoever is being told of events watches more sockets meanwhile. Without memory,
  // the next call tells of the others.
  void make_room() noexcept {
    try {
      events_.reserve(entries_.size());
    } catch (const std::bad_alloc&) {
      return;
    }
  }

  Entry entry(decltype(Entry::fd) socket, std::uint32_t what) const noexcept {
    int events = 0;
    if ((what & Poller::kReadable) != 0) events |= words_.readable;
    if ((what & Poller::kWritable) != 0) events |= words_.writable;
    return {.fd = socket, .events = static_cast<short>(events), .revents = 0};
  }

  const Words words_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> owners_;
  std::unordered_map<int, std::size_t> places_;
  std::vector<Poller::Event> events_;
};

}  // namespace ruvector::net
