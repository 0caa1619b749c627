// Decides whether what is cached may be served, and sees to it that it may.
// Thread-safe. Must live as long as the background work that `keep_alive` is held by.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lake/backends.h"
#include "lake/cache.h"
#include "lake/priming.h"
#include "ruvector/lake/backend.h"

namespace ruvector::lake {

// Who asks for a version.
struct Asker {
  std::uint64_t searches = 1;  // to be counted as hits or misses
  // Whether an older version will do when the consistency of the key says so.
  bool takes_older = true;
};

class Coherence {
 public:
  Coherence(const Backends& backends, Cache& cache, const Priming& priming, LakeCounters& counters)
      : backends_(backends), cache_(cache), priming_(priming), counters_(counters) {}

  // What may be served without asking anybody; null otherwise. Counts nothing.
  EntryPtr unasked(const KeyState& state) const;

  // What a search that starts now may be answered from; asks and pulls on this thread, or waits for
  // others who do. Counts a hit or a miss per search. `keep_alive` is held by background work.
  EntryPtr current(const KeyStatePtr& state, const std::shared_ptr<void>& keep_alive,
                   const Progress& progress, const Asker& asker = {});
  // Counts searches that were answered from the cache.
  void count_hits(KeyState& state, std::uint64_t searches);

  // The same for who must not wait: `waiter.done` comes on this thread if the answer is at hand,
  // else on another.
  void current_async(const KeyStatePtr& state, const std::shared_ptr<void>& keep_alive,
                     Waiter waiter);

 private:
  struct Asked {
    Generation generation;
    Clock::time_point when;
  };
  Asked ask_generation(KeyState& state, BackendAdapter& backend, const Progress& progress);
  bool serves(KeyState& state, BackendAdapter& backend, const EntryPtr& entry, const Asked& asked);
  bool may_serve_old(KeyState& state, const EntryPtr& entry, const Asked& asked);
  Flight::Outcome pull(KeyState& state, BackendAdapter& backend, const Asked& asked,
                       const Progress& progress);
  EntryPtr pull_or_find(KeyState& state, BackendAdapter& backend, const Asked& asked,
                        const Progress& progress);
  void refresh_in_background(const KeyStatePtr& state, const std::shared_ptr<void>& keep_alive,
                             const BackendPtr& backend, const Asked& asked);
  void attend(const KeyStatePtr& state, const std::shared_ptr<void>& keep_alive);
  void serve(const KeyStatePtr& state, const std::shared_ptr<void>& keep_alive,
             std::vector<Waiter> waiters);
  EntryPtr at_hand(KeyState& state);
  EntryPtr asked_at_once(KeyState& state);

  const Backends& backends_;
  Cache& cache_;
  const Priming& priming_;
  LakeCounters& counters_;
};

}  // namespace ruvector::lake
