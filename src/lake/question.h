// One question that many ask: those who come while it is being answered share the next answer,
// which is asked for after all of them came. So an answer is never older than its asker, and a
// crowd costs two questions. Thread-safe.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>

#include "lake/entry.h"
#include "ruvector/lake/generation.h"

namespace ruvector::lake {

class Question {
 public:
  struct Answer {
    Generation generation;
    Clock::time_point asked;
  };

  // Calls `ask`, or waits for the answer that another thread asks for. `poll` is called every
  // 50 ms while waiting; it may throw. Throws what `ask` threw.
  Answer ask(const std::function<Generation()>& ask, const std::function<void()>& poll);

  // Whether somebody is asking right now.
  bool is_being_asked() const;

 private:
  struct Round;
  void answer(const std::shared_ptr<Round>& round, const std::function<Generation()>& ask);
  void forget_rounds_of_parent();

  mutable std::mutex mutex_;
  std::shared_ptr<Round> running_;  // being asked, or to be asked by the first who waits for it
  std::shared_ptr<Round> next_;     // for who comes meanwhile
  std::uint64_t epoch_ = 0;
};

}  // namespace ruvector::lake
