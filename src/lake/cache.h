// The cached versions, shared between keys, and which key serves which.
// Thread-safe. Lock order: structure_, then table_, then a state's mutex.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "lake/counters.h"
#include "lake/entry.h"
#include "lake/key_state.h"

namespace ruvector::lake {

using KeyStatePtr = std::shared_ptr<KeyState>;

struct CacheLimits {
  std::optional<std::size_t> entries;
  std::optional<std::size_t> bytes;
};

class Cache {
 public:
  Cache(CacheLimits limits, Policy standard, LakeCounters& counters)
      : limits_(limits), standard_(standard), counters_(counters) {}

  KeyStatePtr find(const LakeKey& key) const;  // null when nothing is known of it
  KeyStatePtr obtain(const LakeKey& key);      // made when it is not there
  std::vector<KeyStatePtr> states() const;     // by key
  // Forgets what is known of a key that never served anything.
  void forget_if_unused(const LakeKey& key);
  void forget_backend(const std::string& backend);

  // The version made of `source`, if some key serves it.
  EntryPtr pooled(const Source& source) const;

  // Makes `state` serve `entry`, or the one of the same source that is there; returns which.
  // `checked`: when the backend said that it is current. `drops`: those of `state` when its pull
  // began; when there were more since, or the state is forgotten, `entry` is returned and not kept.
  // Evicts what was used longest ago. Throws LakeError when the entry alone is above the limit.
  EntryPtr install(KeyState& state, EntryPtr entry, std::optional<Clock::time_point> checked,
                   std::optional<std::uint64_t> drops);
  // Makes `state` serve nothing, nor what is being pulled for it now.
  void drop(KeyState& state);
  // The same unless it serves `published`, with vectors of `dim`, or will. Returns whether
  // something was dropped.
  bool drop_unless(KeyState& state, const Source& published, std::size_t dim);

  std::size_t entries() const;
  std::size_t bytes() const;
  std::size_t references(const std::string& witness) const;

 private:
  struct Pooled {
    EntryPtr entry;
    std::size_t references = 0;
  };
  // What leaves the pool is put into `leaving`, to be freed when no lock is held.
  using Leaving = std::vector<EntryPtr>;
  void clear(KeyState& state, Leaving& leaving);
  void release(KeyState& state, EntryPtr entry, Leaving& leaving);
  void evict(const EntryPtr& keep, Leaving& leaving);
  void remove(std::map<Source, Pooled>::iterator pooled, Leaving& leaving);
  bool is_over_limit() const;

  const CacheLimits limits_;
  const Policy standard_;
  LakeCounters& counters_;
  mutable std::shared_mutex table_;
  std::map<LakeKey, KeyStatePtr> states_;
  mutable std::mutex structure_;
  std::map<Source, Pooled> pool_;
  std::size_t bytes_ = 0;
};

}  // namespace ruvector::lake
