#include "base/signals_blocked.h"

#include <pthread.h>
#include <signal.h>

#include <initializer_list>
#include <new>

namespace ruvector::base {

SignalsBlocked::SignalsBlocked() noexcept {
  static_assert(sizeof(sigset_t) <= sizeof(before_));
  sigset_t all;  // these two are macros on some systems
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) {
    sigdelset(&all, fault);
  }
  ::pthread_sigmask(SIG_SETMASK, &all, new (before_) sigset_t);
}

SignalsBlocked::~SignalsBlocked() {
  ::pthread_sigmask(SIG_SETMASK, std::launder(reinterpret_cast<const sigset_t*>(before_)), nullptr);
}

}  // namespace ruvector::base
