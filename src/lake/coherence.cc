#include "lake/coherence.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/background.h"
#include "lake/ask.h"
#include "ruvector/base/fork_epoch.h"

namespace ruvector::lake {
namespace {

EntryPtr served(const KeyState& state) {
  const std::lock_guard lock(state.mutex);
  return state.entry;
}

// A callback that throws must not cost the others their answers.
void answer(const Waiter& waiter, EntryPtr entry, std::exception_ptr error) noexcept {
  try {
    waiter.done(std::move(entry), std::move(error));
  } catch (...) {
    return;  // there is nobody to tell
  }
}

}  // namespace

EntryPtr Coherence::unasked(const KeyState& state) const {
  const std::lock_guard lock(state.mutex);
  if (state.entry == nullptr) return nullptr;
  switch (state.policy.consistency) {
    case Consistency::fresh:
      return nullptr;
    case Consistency::eventual: {
      if (!state.checked) return nullptr;
      const auto age = Clock::now() - *state.checked;  // the ttl may be too long for its unit
      return std::chrono::duration_cast<std::chrono::milliseconds>(age) < state.policy.ttl
                 ? state.entry
                 : nullptr;
    }
    case Consistency::frozen:
      return state.entry;
  }
  return nullptr;
}

void Coherence::count_hits(KeyState& state, std::uint64_t searches) {
  counters_.hits += searches;
  state.counters.hits += searches;
}

EntryPtr Coherence::current(const KeyStatePtr& state, const std::shared_ptr<void>& keep_alive,
                            const Progress& progress, const Asker& asker) {
  bool counted = false;
  const auto hit = [&](EntryPtr entry) {
    if (!counted) count_hits(*state, asker.searches);
    return entry;
  };
  if (asker.takes_older) {
    if (EntryPtr entry = unasked(*state)) return hit(std::move(entry));
  }
  const Clock::time_point started = Clock::now();
  const BackendPtr backend = backends_.get(state->key->backend);
  if (asker.takes_older) {
    if (EntryPtr entry = at_hand(*state)) return hit(std::move(entry));
  }
  for (;;) {
    const Asked asked = ask_generation(*state, *backend, progress);
    EntryPtr entry = served(*state);
    if (entry && serves(*state, *backend, entry, asked)) return hit(std::move(entry));
    if (asker.takes_older && may_serve_old(*state, entry, asked)) {
      refresh_in_background(state, keep_alive, backend, asked);
      return hit(std::move(entry));
    }
    if (!counted) {
      counters_.misses += asker.searches;
      state->counters.misses += asker.searches;
      counted = true;
    }
    Flight::Outcome outcome = pull(*state, *backend, asked, progress);
    // Another's pull may be older than this search.
    if (outcome.as_of >= started) return std::move(outcome.entry);
    if (outcome.entry->source.generation == asked.generation) return std::move(outcome.entry);
  }
}

// Under eventual consistency nobody waits for a question that somebody is asking already.
EntryPtr Coherence::at_hand(KeyState& state) {
  {
    const std::lock_guard lock(state.mutex);
    if (state.entry == nullptr || state.policy.consistency != Consistency::eventual ||
        state.refresh_failed || !state.checked) {
      return nullptr;
    }
  }
  return state.generation.is_being_asked() ? served(state) : nullptr;
}

Coherence::Asked Coherence::ask_generation(KeyState& state, BackendAdapter& backend,
                                           const Progress& progress) {
  const LakeKey& key = *state.key;
  const auto question = [&] {
    ++counters_.checks;
    try {
      return ask(key, [&] { return backend.generation(key.collection); });
    } catch (const UnknownCollection&) {
      throw;  // that is an answer
    } catch (...) {
      ++counters_.failures;
      throw;
    }
  };
  if (!backend.may_block()) {
    const Clock::time_point when = Clock::now();
    return {question(), when};
  }
  Question::Answer answer = state.generation.ask(
      question, progress ? [&progress] { progress(0, 0); } : std::function<void()>());
  return {std::move(answer.generation), answer.asked};
}

// Whether `entry` is of the generation asked for; then it is known to be current. Generations of
// two collections can be equal, so what nobody vouches for, such as a snapshot that somebody warmed
// the cache with, must be of the backend's data, too.
bool Coherence::serves(KeyState& state, BackendAdapter& backend, const EntryPtr& entry,
                       const Asked& asked) {
  if (entry->source.generation != asked.generation) return false;
  const LakeKey& key = *state.key;
  const auto is_vouched_for = [&] {
    const std::lock_guard lock(state.mutex);
    return state.entry == entry && state.checked.has_value();
  };
  if (!is_vouched_for() &&
      entry->source.data_ref != ask(key, [&] { return backend.data_ref(key.collection); })) {
    return false;
  }
  const std::lock_guard lock(state.mutex);
  if (state.entry == entry && (!state.checked || *state.checked < asked.when)) {
    state.checked = asked.when;
    state.refresh_failed = false;
  }
  return true;
}

// Then it counts as checked until its ttl has passed again.
bool Coherence::may_serve_old(KeyState& state, const EntryPtr& entry, const Asked& asked) {
  if (entry == nullptr) return false;
  const std::lock_guard lock(state.mutex);
  if (state.policy.consistency != Consistency::eventual || !state.checked || state.refresh_failed) {
    return false;
  }
  if (state.entry == entry) state.checked = std::max(*state.checked, asked.when);
  return true;
}

Flight::Outcome Coherence::pull(KeyState& state, BackendAdapter& backend, const Asked& asked,
                                const Progress& progress) {
  Progress leaders;
  std::function<void()> poll;
  if (progress) {
    leaders = [&progress](std::size_t done, std::size_t total) {
      try {
        progress(done, total);
      } catch (...) {
        throw GaveUp{std::current_exception()};
      }
    };
    poll = [&progress] { progress(0, 0); };
  }
  const auto work = [&] { return pull_or_find(state, backend, asked, leaders); };
  return state.flight.join(asked.when, work, poll);
}

EntryPtr Coherence::pull_or_find(KeyState& state, BackendAdapter& backend, const Asked& asked,
                                 const Progress& progress) {
  std::uint64_t drops = 0;
  {
    const std::lock_guard lock(state.mutex);
    drops = state.drops;
    // The pull that ended just now may have been of this very version.
    if (state.entry && state.checked && state.entry->source.generation == asked.generation) {
      state.checked = std::max(*state.checked, asked.when);
      return state.entry;
    }
  }
  try {
    EntryPtr entry = priming_.prime(state, backend, asked.generation, progress);
    return cache_.install(state, std::move(entry), asked.when, drops);
  } catch (const GaveUp&) {
    throw;
  } catch (...) {
    ++counters_.failures;
    throw;
  }
}

void Coherence::refresh_in_background(const KeyStatePtr& state,
                                      const std::shared_ptr<void>& keep_alive,
                                      const BackendPtr& backend, const Asked& asked) {
  if (state->flight.is_going_on()) return;
  base::post(base::Lane::blocking, [this, state, keep_alive, backend, asked] {
    try {
      pull(*state, *backend, asked, {});
    } catch (...) {
      const std::lock_guard lock(state->mutex);
      state->refresh_failed = true;
    }
  });
}

void Coherence::current_async(const KeyStatePtr& state, const std::shared_ptr<void>& keep_alive,
                              Waiter waiter) {
  EntryPtr entry = unasked(*state);
  if (entry == nullptr) entry = at_hand(*state);
  if (entry == nullptr) entry = asked_at_once(*state);
  if (entry) {
    count_hits(*state, 1);
    return waiter.done(std::move(entry), nullptr);
  }
  std::vector<Waiter> of_parent;  // of the process that this one was forked from
  {
    const std::lock_guard lock(state->mutex);
    if (state->attendant != base::fork_epoch()) of_parent.swap(state->waiters);
    state->waiters.push_back(std::move(waiter));
    if (state->attendant == base::fork_epoch()) return;
    state->attendant = base::fork_epoch();
  }
  base::post(base::Lane::blocking, [this, state, keep_alive] { attend(state, keep_alive); });
}

// From a backend that answers in microseconds; null when there is more to do than to ask it.
EntryPtr Coherence::asked_at_once(KeyState& state) {
  const BackendPtr backend = backends_.find(state.key->backend);
  if (backend == nullptr || backend->may_block()) return nullptr;
  EntryPtr entry = served(state);
  if (entry == nullptr) return nullptr;
  try {
    return serves(state, *backend, entry, ask_generation(state, *backend, {})) ? entry : nullptr;
  } catch (...) {
    return nullptr;  // whoever waits for it is told
  }
}

// One thread serves all who wait for a collection: all that came before it looks at the backend get
// the same answer.
void Coherence::attend(const KeyStatePtr& state, const std::shared_ptr<void>& keep_alive) {
  for (;;) {
    std::vector<Waiter> waiters;
    {
      const std::lock_guard lock(state->mutex);
      waiters.swap(state->waiters);
      if (waiters.empty()) {
        state->attendant.reset();
        return;
      }
    }
    serve(state, keep_alive, std::move(waiters));
  }
}

void Coherence::serve(const KeyStatePtr& state, const std::shared_ptr<void>& keep_alive,
                      std::vector<Waiter> waiters) {
  const auto has_gone = [](const Waiter& waiter) { return waiter.cancelled->load(); };
  const auto cancelled = std::make_exception_ptr(Cancelled("the search was cancelled"));
  std::erase_if(waiters, [&](const Waiter& waiter) {
    if (!has_gone(waiter)) return false;
    answer(waiter, nullptr, cancelled);
    return true;
  });
  if (waiters.empty()) return;
  // Those who came meanwhile will want what is being pulled.
  const Progress stop_when_all_have_gone = [&](std::size_t, std::size_t) {
    if (!std::all_of(waiters.begin(), waiters.end(), has_gone)) return;
    const std::lock_guard lock(state->mutex);
    const std::vector<Waiter>& later = state->waiters;
    if (std::all_of(later.begin(), later.end(), has_gone)) std::rethrow_exception(cancelled);
  };
  EntryPtr entry;
  std::exception_ptr error;
  try {
    entry = current(state, keep_alive, stop_when_all_have_gone, {.searches = waiters.size()});
  } catch (const UnknownCollection&) {
    error = std::current_exception();
    cache_.forget_if_unused(*state->key);
  } catch (...) {
    error = std::current_exception();
  }
  for (const Waiter& waiter : waiters) answer(waiter, entry, error);
}

}  // namespace ruvector::lake
