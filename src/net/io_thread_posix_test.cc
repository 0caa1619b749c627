#include "net/io_thread.h"

#include "base/test_sanitizers.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <thread>

namespace ruvector::net {
namespace {

using namespace std::chrono_literals;

TEST(IoThread, TakesNoSignals) {
  IoThread& io = IoThread::of_process();
  std::promise<bool> seen;
  ASSERT_TRUE(io.post([&] {
    sigset_t blocked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    // Unqualified: it is a macro on macOS.
    seen.set_value(io.is_current() && sigismember(&blocked, SIGINT) == 1 &&
                   sigismember(&blocked, SIGPIPE) == 1 && sigismember(&blocked, SIGSEGV) == 0);
  }));
  EXPECT_TRUE(seen.get_future().get());
}

bool runs_a_task(IoThread& io) {
  std::promise<void> done;
  return io.post([&] { done.set_value(); }) &&
         done.get_future().wait_for(20s) == std::future_status::ready;
}

TEST(IoThread, IsAnotherOneInAForkedChild) {
  if (!kForkedChildrenMayStartThreads) GTEST_SKIP() << "threads after fork under a sanitizer";
  IoThread& io = IoThread::of_process();
  ASSERT_TRUE(runs_a_task(io));
  const pid_t child = ::fork();
  if (child == 0) {
    IoThread& own = IoThread::of_process();
    ::_exit(&own != &io && runs_a_task(own) ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_TRUE(runs_a_task(io));
}

// Its child runs what is registered for the end of a process, with the thread and without it.
TEST(IoThread, LetsAProcessEnd) {
  if (!kForkedChildrenMayStartThreads) GTEST_SKIP() << "threads after fork under a sanitizer";
  for (const bool is_used : {false, true}) {
    ASSERT_TRUE(runs_a_task(IoThread::of_process()));
    const pid_t child = ::fork();
    if (child == 0) {
      if (is_used && !runs_a_task(IoThread::of_process())) ::_exit(2);
      std::exit(0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
}

// As a TLS library frees what it keeps for a thread.
struct EndsItsProcess {
  ~EndsItsProcess() {
    std::this_thread::sleep_for(50ms);
    ::_exit(0);
  }
};

TEST(IoThread, EndsBeforeItsProcess) {
  if (!kForkedChildrenMayStartThreads) GTEST_SKIP() << "threads after fork under a sanitizer";
  const pid_t child = ::fork();
  if (child == 0) {
    const bool is_used = IoThread::of_process().post([] {
      static thread_local const EndsItsProcess of_thread;
      static_cast<void>(&of_thread);
    });
    if (!is_used || !runs_a_task(IoThread::of_process())) ::_exit(2);
    std::exit(1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace ruvector::net
