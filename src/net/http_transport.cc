#include <atomic>
#include <memory>
#include <utility>

#include "net/connection_pool.h"
#include "net/http_transfer.h"
#include "net/io_thread.h"
#include "net/transport.h"
#include "ruvector/base/fork_epoch.h"

namespace ruvector::net {
namespace {

class HttpTransport final : public Transport {
 public:
  explicit HttpTransport(HttpOptions options) : home_(new Home(std::move(options))) {}

  ~HttpTransport() override {
    Home* home = home_.load(std::memory_order_acquire);
    // What is of a parent process is left behind: cleaning up would speak over its connections.
    if (home->epoch != base::fork_epoch()) return;
    static_cast<void>(home->io.post([pool = home->pool] { pool->close(); }));
    delete home;
  }

  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  std::shared_ptr<Transfer> start(Request request, std::shared_ptr<Receiver> receiver) override {
    const Home& here = home();
    const auto transfer =
        std::make_shared<HttpTransfer>(here.pool, std::move(request), std::move(receiver));
    if (!here.io.post([pool = here.pool, transfer] { pool->start(transfer); })) {
      const Failure failure =
          transfer->failure(Failure::Kind::shut_down, "the process is ending or out of threads");
      transfer->end(&failure);
    }
    return transfer;
  }

  void call_after(std::chrono::nanoseconds delay, std::function<void()> task) override {
    const Home& here = home();
    auto run = [pool = here.pool, time = now() + delay, task = std::move(task)]() mutable {
      pool->call_at(time, std::move(task));
    };
    static_cast<void>(here.io.post(std::move(run)));
  }

  std::chrono::steady_clock::time_point now() const override {
    return std::chrono::steady_clock::now();
  }

 private:
  // What belongs to one process.
  struct Home {
    explicit Home(HttpOptions options)
        : epoch(base::fork_epoch()),
          io(IoThread::of_process()),
          pool(std::make_shared<ConnectionPool>(io, std::move(options))) {}

    const std::uint64_t epoch;
    IoThread& io;
    const std::shared_ptr<ConnectionPool> pool;
  };

  // A child finds its parent's, which it leaves behind.
  const Home& home() {
    Home* found = home_.load(std::memory_order_acquire);
    if (found->epoch == base::fork_epoch()) return *found;
    auto made = std::make_unique<Home>(found->pool->options());
    if (home_.compare_exchange_strong(found, made.get())) return *made.release();
    return *found;
  }

  std::atomic<Home*> home_;
};

}  // namespace

std::shared_ptr<Transport> make_http_transport(HttpOptions options) {
  return std::make_shared<HttpTransport>(std::move(options));
}

}  // namespace ruvector::net
