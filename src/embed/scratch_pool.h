// Scratch space on loan: memory that was used before needs no new pages.
// Thread-safe. It must outlive its loans.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "ruvector/base/runtime.h"

namespace ruvector::embed {

template <class Scratch>
class ScratchPool {
 public:
  // One thread's for as long as it lives. What is in it is of no meaning.
  class Loan {
   public:
    explicit Loan(ScratchPool& pool) : pool_(pool), scratch_(pool.take()) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { pool_.give_back(std::move(scratch_)); }

    Scratch& operator*() const noexcept { return *scratch_; }

   private:
    ScratchPool& pool_;
    std::unique_ptr<Scratch> scratch_;
  };

 private:
  std::unique_ptr<Scratch> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Scratch> scratch = std::move(idle_.back());
        idle_.pop_back();
        return scratch;
      }
    }
    return std::make_unique<Scratch>();
  }

  // Keeps as many as there are threads by default.
  void give_back(std::unique_ptr<Scratch> scratch) noexcept {
    try {
      const std::lock_guard lock(mutex_);
      if (idle_.size() < num_threads()) idle_.push_back(std::move(scratch));
    } catch (...) {
      return;  // without memory for the list it is freed
    }
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;  // guarded by mutex_
};

}  // namespace ruvector::embed
