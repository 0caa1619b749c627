// The one thread of a process that waits for sockets. It is started when it is first given work,
// takes no signals, and sleeps while there is nothing to do. At the end of the process it is asked
// to stop and waited for, so that it does not meet libraries that are gone. After fork() the child
// starts its own; that of the parent, and all it had, is left alone there.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "net/poller.h"
#include "ruvector/base/fork_epoch.h"

namespace ruvector::net {

class IoThread {
 public:
  using Clock = std::chrono::steady_clock;
  using Task = std::function<void()>;

  // Owner of sockets and of one deadline. Called on the I/O thread; must not throw.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    // `events`: what Poller says of `socket`. It may be said of one that is watched no more.
    virtual void on_socket(int socket, std::uint32_t events) = 0;
    virtual void on_deadline(Clock::time_point now) = 0;

   private:
    friend class IoThread;
    std::size_t slot_ = 0;
  };

  // Never destroyed; another one in each forked child.
  static IoThread& of_process();

  // Runs `task` soon, tasks in the order of their posting. It must not throw. False, and `task` is
  // not run: the process is ending, or has no thread or descriptor left. Thread-safe.
  [[nodiscard]] bool post(Task task);
  bool is_current() const noexcept { return std::this_thread::get_id() == id_.load(); }

  // On the I/O thread only; remove() in posted tasks only. `watcher` is kept until then, or for
  // ever: it may be the one that is called when the process begins to end, and nothing is posted
  // any more.
  void add(std::shared_ptr<Watcher> watcher);
  void remove(Watcher& watcher);
  // Throws RuVectorError.
  void watch(Watcher& watcher, int socket, std::uint32_t events, bool is_watched);
  void forget(int socket) noexcept;
  void set_deadline(Watcher& watcher, std::optional<Clock::time_point> deadline);

 private:
  struct Slot {
    std::shared_ptr<Watcher> watcher;
    std::optional<Clock::time_point> deadline;
  };

  IoThread() = default;
  // By a forked child, from its parent.
  bool is_inherited() const noexcept;
  ~IoThread() = default;
  bool start();
  void run();
  void run_posted();
  void run_deadlines();
  void wait(int timeout);
  int timeout_ms() const;
  void stop();
  static void stop_at_exit();

  const std::uint64_t epoch_ = base::fork_epoch();
  Poller poller_;
  std::atomic<std::thread::id> id_{};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Task> posted_;
  bool is_started_ = false;
  bool is_asleep_ = false;  // what is posted must wake the thread
  bool is_stopping_ = false;
  bool is_stopped_ = false;
  // Joined at the end of the process; one that does not stop, or that a fork left, is let go of.
  std::thread thread_;

  // Of the thread itself.
  std::vector<Task> running_;
  std::vector<Slot> slots_;
};

}  // namespace ruvector::net
