// How threads of the library tell an event loop that its mailbox has letters.
#pragma once

#include "ruvector/base/wakeup.h"

namespace ruvector::bindings {

class LoopAlarm {
 public:
  LoopAlarm() = default;
  virtual ~LoopAlarm() = default;
  LoopAlarm(const LoopAlarm&) = delete;
  LoopAlarm& operator=(const LoopAlarm&) = delete;

  // On any thread; needs no Python and no memory. Not called again before silence().
  virtual void ring() noexcept = 0;
  // On the loop's thread, when it has seen all letters.
  virtual void silence() noexcept = 0;
};

// A descriptor that is readable from ring() to silence(), for loops that watch descriptors.
class DescriptorAlarm final : public LoopAlarm {
 public:
  // Throws std::system_error when the process may open no more files.
  DescriptorAlarm();
  auto descriptor() const noexcept { return wakeup_.descriptor(); }
  void ring() noexcept override { wakeup_.notify(); }
  void silence() noexcept override { wakeup_.reset(); }

 private:
  Wakeup wakeup_;
};

// For loops that watch none, as asyncio's on Windows. One thread of the process, started for the
// first such alarm, waits for their rings, takes the GIL and calls.
class CallAlarm final : public LoopAlarm {
 public:
  using Call = void (*)(const void* key) noexcept;

  // `call(key)` is called with the GIL soon after each ring(), perhaps after the alarm is gone.
  // Throws std::system_error when the process has no thread left.
  CallAlarm(Call call, const void* key);
  ~CallAlarm() override;
  void ring() noexcept override;
  void silence() noexcept override {}

 private:
  class Thread;
  Thread& thread_;
  const Call call_;
  const void* const key_;
};

}  // namespace ruvector::bindings
