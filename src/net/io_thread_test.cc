#include "net/io_thread.h"

#include "base/test_sanitizers.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace ruvector::net {
namespace {

using namespace std::chrono_literals;

bool runs_a_task(IoThread& io) {
  std::promise<void> done;
  return io.post([&] { done.set_value(); }) &&
         done.get_future().wait_for(20s) == std::future_status::ready;
}

TEST(IoThread, RunsTasksInTheOrderOfPosting) {
  IoThread& io = IoThread::of_process();
  std::vector<int> order;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(io.post([&order, i] { order.push_back(i); }));
  }
  ASSERT_TRUE(runs_a_task(io));
  ASSERT_EQ(order.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(IoThread, IsOneThreadThatTakesNoSignals) {
  IoThread& io = IoThread::of_process();
  EXPECT_EQ(&io, &IoThread::of_process());
  EXPECT_FALSE(io.is_current());
  std::promise<bool> seen;
  ASSERT_TRUE(io.post([&] {
    sigset_t blocked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    seen.set_value(io.is_current() && sigismember(&blocked, SIGINT) == 1 &&
                   sigismember(&blocked, SIGPIPE) == 1 && sigismember(&blocked, SIGSEGV) == 0);
  }));
  EXPECT_TRUE(seen.get_future().get());
}

class Recorder final : public IoThread::Watcher {
 public:
  explicit Recorder(IoThread& io) : io_(io) {}
  void on_socket(int socket, std::uint32_t events) override {
    io_.forget(socket);
    ready.set_value({socket, events});
  }
  void on_deadline(IoThread::Clock::time_point now) override { passed.set_value(now); }

  std::promise<std::pair<int, std::uint32_t>> ready;
  std::promise<IoThread::Clock::time_point> passed;

 private:
  IoThread& io_;
};

TEST(IoThread, WatchesSocketsAndDeadlines) {
  IoThread& io = IoThread::of_process();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const auto recorder = std::make_shared<Recorder>(io);
  const auto deadline = IoThread::Clock::now() + 30ms;
  ASSERT_TRUE(io.post([&] {
    io.add(recorder);
    io.watch(*recorder, ends[0], Poller::kReadable, false);
    io.set_deadline(*recorder, deadline);
  }));
  EXPECT_GE(recorder->passed.get_future().get(), deadline);
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  const auto [socket, events] = recorder->ready.get_future().get();
  EXPECT_EQ(socket, ends[0]);
  EXPECT_EQ(events, std::uint32_t{Poller::kReadable});
  ASSERT_TRUE(io.post([&] { io.remove(*recorder); }));
  ASSERT_TRUE(runs_a_task(io));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(IoThread, KeepsWhatItWatchesFor) {
  IoThread& io = IoThread::of_process();
  auto recorder = std::make_shared<Recorder>(io);
  const std::weak_ptr<Recorder> seen = recorder;
  ASSERT_TRUE(io.post([&] { io.add(std::move(recorder)); }));
  ASSERT_TRUE(runs_a_task(io));
  ASSERT_FALSE(seen.expired());
  ASSERT_TRUE(io.post([&] { io.remove(*seen.lock()); }));
  ASSERT_TRUE(runs_a_task(io));
  EXPECT_TRUE(seen.expired());
}

// Sanitizers do not get along with threads that a forked child starts.
#if !RUVECTOR_THREAD_SANITIZER && !RUVECTOR_ADDRESS_SANITIZER
TEST(IoThread, IsAnotherOneInAForkedChild) {
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
#endif

}  // namespace
}  // namespace ruvector::net
