#include "lake/coherence.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/background.h"
#include "base/fork_epoch.h"
#include "lake/ask.h"

namespace ruvector::lake {

EntryPtr Coherence::unasked(const KeyState& state) const {
  const std::lock_guard lock(state.mutex);
  if (state.entry == nullptr) return nullptr;
  switch (state.policy.consistency) {
    case Consistency::fresh:
      return nullptr;
    case Consistency::eventual:
      return state.checked && Clock::now() - *state.checked < state.policy.ttl ? state.entry
                                                                               : nullptr;
    case Consistency::frozen:
      return state.entry;
  }
  return nullptr;
}

EntryPtr Coherence::current(KeyState& state, const std::shared_ptr<void>& keep_alive,
                            const Progress& progress, std::uint64_t searches) {
  const auto hit = [&](EntryPtr entry) {
    counters_.hits += searches;
    state.counters.hits += searches;
    return entry;
  };
  if (EntryPtr entry = unasked(state)) return hit(std::move(entry));
  const Clock::time_point started = Clock::now();
  const BackendPtr backend = backends_.get(state.key->backend);
  if (EntryPtr entry = at_hand(state)) return hit(std::move(entry));
  bool missed = false;
  for (;;) {
    const Asked asked = ask_generation(state, *backend, progress);
    EntryPtr entry;
    {
      const std::lock_guard lock(state.mutex);
      entry = state.entry;
    }
    if (entry && serves(state, entry, asked)) return missed ? entry : hit(std::move(entry));
    if (may_serve_old(state, entry)) {
      refresh_in_background(state, keep_alive, backend, asked);
      return hit(std::move(entry));
    }
    if (!missed) {
      counters_.misses += searches;
      state.counters.misses += searches;
      missed = true;
    }
    const Flight::Outcome outcome = pull(state, *backend, asked, progress);
    // A pull that had begun before this search may be older than it.
    if (outcome.started >= started) return outcome.entry;
    if (outcome.entry->source.generation == asked.generation) return outcome.entry;
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
  if (!state.generation.is_being_asked()) return nullptr;
  const std::lock_guard lock(state.mutex);
  return state.entry;
}

Coherence::Asked Coherence::ask_generation(KeyState& state, BackendAdapter& backend,
                                           const Progress& progress) {
  const LakeKey& key = *state.key;
  const auto question = [&] {
    ++counters_.checks;
    try {
      return ask(key, [&] { return backend.generation(key.collection); });
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

// Whether `entry` is of the generation asked for; then it is known to be current.
bool Coherence::serves(KeyState& state, const EntryPtr& entry, const Asked& asked) {
  if (entry->source.generation != asked.generation) return false;
  const std::lock_guard lock(state.mutex);
  if (state.entry == entry && (!state.checked || *state.checked < asked.when)) {
    state.checked = asked.when;
    state.refresh_failed = false;
  }
  return true;
}

bool Coherence::may_serve_old(const KeyState& state, const EntryPtr& entry) const {
  if (entry == nullptr) return false;
  const std::lock_guard lock(state.mutex);
  return state.policy.consistency == Consistency::eventual && state.checked.has_value() &&
         !state.refresh_failed;
}

Flight::Outcome Coherence::pull(KeyState& state, BackendAdapter& backend, const Asked& asked,
                                const Progress& progress) {
  const auto work = [&]() -> EntryPtr {
    const Clock::time_point started = Clock::now();
    try {
      EntryPtr entry = priming_.prime(state, backend, asked.generation, progress);
      return cache_.install(state, std::move(entry), started);
    } catch (const LakeError&) {
      ++counters_.failures;
      throw;
    }
  };
  return state.flight.join(work,
                           progress ? [&progress] { progress(0, 0); } : std::function<void()>());
}

void Coherence::refresh_in_background(KeyState& state, const std::shared_ptr<void>& keep_alive,
                                      const BackendPtr& backend, const Asked& asked) {
  if (state.flight.is_going_on()) return;
  {
    // The old version counts as checked until its ttl has passed again.
    const std::lock_guard lock(state.mutex);
    state.checked = asked.when;
  }
  const KeyStatePtr shared = cache_.obtain(*state.key);
  base::post(base::Lane::blocking, [this, shared, keep_alive, backend, asked] {
    try {
      pull(*shared, *backend, asked, {});
    } catch (...) {
      const std::lock_guard lock(shared->mutex);
      shared->refresh_failed = true;
    }
  });
}

void Coherence::current_async(const KeyStatePtr& state, const std::shared_ptr<void>& keep_alive,
                              Waiter waiter) {
  EntryPtr entry = unasked(*state);
  if (entry == nullptr) entry = asked_at_once(*state);
  if (entry) {
    ++counters_.hits;
    ++state->counters.hits;
    return waiter.done(std::move(entry), nullptr);
  }
  {
    const std::lock_guard lock(state->mutex);
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
  EntryPtr entry;
  {
    const std::lock_guard lock(state.mutex);
    entry = state.entry;
  }
  if (entry == nullptr) return nullptr;
  try {
    return serves(state, entry, ask_generation(state, *backend, {})) ? entry : nullptr;
  } catch (const LakeError&) {
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
  const auto first_gone = std::stable_partition(waiters.begin(), waiters.end(),
                                                [&](const Waiter& w) { return !has_gone(w); });
  for (auto waiter = first_gone; waiter != waiters.end(); ++waiter) {
    waiter->done(nullptr, cancelled);
  }
  waiters.erase(first_gone, waiters.end());
  if (waiters.empty()) return;
  const Progress stop_when_all_have_gone = [&](std::size_t, std::size_t) {
    if (std::all_of(waiters.begin(), waiters.end(), has_gone)) std::rethrow_exception(cancelled);
  };
  EntryPtr entry;
  std::exception_ptr error;
  try {
    entry = current(*state, keep_alive, stop_when_all_have_gone, waiters.size());
  } catch (...) {
    error = std::current_exception();
  }
  for (Waiter& waiter : waiters) waiter.done(entry, error);
}

}  // namespace ruvector::lake
