#include "a2a/waiting.h"

#include <atomic>

namespace ruvector {

namespace {

std::atomic<void (*)()> wait_hook{nullptr};

}  // namespace

void set_wait_hook(void (*hook)()) noexcept { wait_hook.store(hook); }

namespace a2a {

void call_wait_hook() {
  void (*const hook)() = wait_hook.load();
  if (hook != nullptr) hook();
}

}  // namespace a2a
}  // namespace ruvector
