// Threads that go through one computation together, step by step: for work whose steps are too
// short (10 us) to be a parallel_for() each.
//
// The leader runs the computation and shares out its steps; the others help with whatever step is
// shared out. Waiting is a short spin, then sleep. The leader never waits for a helper that has not
// begun, so it does not matter when helpers come, or whether they do.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>

namespace ruvector::embed {

class Crew {
 public:
  // A crew of one.
  Crew() = default;
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Calls leader(crew) with a crew of at most `members` threads, those of base/parallel.h. What it
  // throws is rethrown.
  static void run(std::size_t members, const std::function<void(Crew&)>& leader);

  // For the leader. Calls body(begin, end, member) for ranges that cover 0..count-1, each of at
  // most `grain` when there are several members, and returns when all are done. Calls at the same
  // time have different members, below size(). `body` must not throw.
  template <class Body>
  void share(std::size_t count, std::size_t grain, const Body& body) {
    static_assert(std::is_invocable_v<const Body&, std::size_t, std::size_t, std::size_t>);
    if (size_ == 1 || count <= grain) {
      if (count > 0) body(0, count, 0);
      return;
    }
    share_out({[](const void* context, std::size_t begin, std::size_t end, std::size_t member) {
                 (*static_cast<const Body*>(context))(begin, end, member);
               },
               &body, count, grain});
  }

  std::size_t size() const noexcept { return size_; }

 private:
  struct Step {
    void (*call)(const void* body, std::size_t begin, std::size_t end, std::size_t member);
    const void* body;
    std::size_t count;
    std::size_t grain;
  };

  void share_out(Step step);
  void help(std::size_t member);
  void end();
  bool claim(std::uint64_t& ticket) noexcept;
  void run_piece(std::size_t piece, std::size_t member);
  void wait_for_pieces(std::uint32_t pieces);

  std::size_t size_ = 1;
  Step step_{};  // written by the leader while no piece of it is left
  // The step's number, its pieces and the next one: see crew.cc.
  alignas(64) std::atomic<std::uint64_t> ticket_{0};
  alignas(64) std::atomic<std::uint32_t> finished_{0};  // pieces of the step
};

}  // namespace ruvector::embed
