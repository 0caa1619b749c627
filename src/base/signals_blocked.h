// While it lives, threads that this thread starts take no signals: those sent to the process stay
// with the program's own threads. What a thread raises by a fault stays deliverable to it.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace ruvector::base {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;  // these two are macros on some systems
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) {
      sigdelset(&all, fault);
    }
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace ruvector::base
