#include "embed/crew.h"

#include <algorithm>
#include <chrono>

#include "base/parallel.h"

namespace ruvector::embed {
namespace {

using Clock = std::chrono::steady_clock;

// About as long as a step; a sleep and wake-up takes 50 us.
constexpr auto kSpin = std::chrono::microseconds(30);

// A ticket: the step's number in the upper half, then the count of its pieces, then the next piece.
// Whoever raises the last part by one has that piece.
constexpr std::uint64_t kMostPieces = 0xffff;
constexpr std::uint64_t kOver = ~std::uint64_t{0};  // pieces and next are equal: none to claim

constexpr std::uint64_t next_of(std::uint64_t ticket) { return ticket & 0xffff; }
constexpr std::uint64_t pieces_of(std::uint64_t ticket) { return ticket >> 16 & 0xffff; }
constexpr std::uint64_t step_of(std::uint64_t ticket) { return ticket >> 32; }

void pause_cpu() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Waits until `atomic` has another value than `old`.
template <class T>
void wait_for_change(const std::atomic<T>& atomic, T old) {
  const Clock::time_point end = Clock::now() + kSpin;
  do {
    for (int i = 0; i < 16; ++i) {
      if (atomic.load(std::memory_order_acquire) != old) return;
      pause_cpu();
    }
  } while (Clock::now() < end);
  atomic.wait(old, std::memory_order_acquire);
}

}  // namespace

void Crew::run(std::size_t members, const std::function<void(Crew&)>& leader) {
  Crew crew;
  if (members <= 1) return leader(crew);
  crew.size_ = members;
  base::parallel_for(members, members, [&](std::size_t task, std::size_t) {
    // Tasks start in ascending order. One thread may do several: then the crew is over for the
    // later ones.
    if (task > 0) return crew.help(task);
    try {
      leader(crew);
    } catch (...) {
      crew.end();
      throw;
    }
    crew.end();
  });
}

void Crew::share_out(Step step) {
  step.grain = std::max<std::size_t>(step.grain, (step.count + kMostPieces - 1) / kMostPieces);
  const std::uint64_t pieces = (step.count + step.grain - 1) / step.grain;
  step_ = step;
  finished_.store(0, std::memory_order_relaxed);
  std::uint64_t ticket = ticket_.load(std::memory_order_relaxed);
  ticket = (step_of(ticket) + 1) << 32 | pieces << 16;
  ticket_.store(ticket, std::memory_order_release);
  ticket_.notify_all();
  while (next_of(ticket) < pieces) {
    if (claim(ticket)) run_piece(next_of(ticket++), 0);
  }
  wait_for_pieces(static_cast<std::uint32_t>(pieces));
}

void Crew::help(std::size_t member) {
  for (std::uint64_t ticket = ticket_.load(std::memory_order_acquire); ticket != kOver;
       ticket = ticket_.load(std::memory_order_acquire)) {
    if (next_of(ticket) == pieces_of(ticket)) {
      wait_for_change(ticket_, ticket);
    } else if (claim(ticket)) {
      run_piece(next_of(ticket), member);
    }
  }
}

void Crew::end() {
  ticket_.store(kOver, std::memory_order_release);
  ticket_.notify_all();
}

// Takes the next piece of `ticket` unless it has changed; it is then what it is now.
bool Crew::claim(std::uint64_t& ticket) noexcept {
  return ticket_.compare_exchange_strong(ticket, ticket + 1, std::memory_order_acq_rel,
                                         std::memory_order_acquire);
}

void Crew::run_piece(std::size_t piece, std::size_t member) {
  const std::size_t begin = piece * step_.grain;
  step_.call(step_.body, begin, std::min(step_.count, begin + step_.grain), member);
  finished_.fetch_add(1, std::memory_order_release);
  finished_.notify_one();
}

void Crew::wait_for_pieces(std::uint32_t pieces) {
  for (;;) {
    const std::uint32_t finished = finished_.load(std::memory_order_acquire);
    if (finished == pieces) return;
    wait_for_change(finished_, finished);
  }
}

}  // namespace ruvector::embed
