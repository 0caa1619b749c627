// A stream of a client for tests, and what its reader gets, as words.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "a2a/task_stream.h"
#include "a2a/test_codec.h"

namespace ruvector::a2a {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Failing = net::Failure::Kind;
using Take = TaskStream::Take;

// A client, and a stream of it.
struct StreamFixture {
  FakePeer peer;
  std::shared_ptr<A2aClient> client;
  std::shared_ptr<TaskStream> stream;

  explicit StreamFixture(Protocol protocol = Protocol::v1_0, ConnectOptions options = {}) {
    peer.endpoint.protocol = protocol;
    client = peer.client(std::move(options));
  }
  FakeTransport& net() { return *peer.transport; }
  FakeTransport::Exchange last() { return net().last(); }

  // Begins a stream that the peer accepts; gives its connection.
  FakeTransport::Exchange open(const TaskSpec& spec = echo_spec(), StreamOptions options = {}) {
    stream = client->stream_task(spec, std::move(options));
    net().run();
    const auto line = last();
    line->open_stream();
    net().run();
    return line;
  }

  // What can be read now, a word for each, with the end and errors.
  std::vector<std::string> read() {
    std::vector<std::string> words;
    TaskUpdate update;
    try {
      for (;;) {
        const Take take = stream->try_next(update);
        if (take == Take::wait) return words;
        if (take == Take::end) {
          words.emplace_back("end");
          return words;
        }
        words.push_back(word(update));
      }
    } catch (const StreamInterrupted&) {
      words.emplace_back("interrupted");
    } catch (const PolicyViolation&) {
      words.emplace_back("policy");
    } catch (const AuthRequired&) {
      words.emplace_back("login");
    } catch (const TransportError&) {
      words.emplace_back("transport");
    } catch (const A2aError&) {
      words.emplace_back("error");
    }
    return words;
  }
  static std::string word(const TaskUpdate& update) {
    if (update.status) return "status " + update.status->status.timestamp;
    if (update.task) return "task " + update.task->status.timestamp;
    if (update.artifact) return "artifact";
    if (update.message) return "message";
    return update.warning->reason;
  }
};

using Words = std::vector<std::string>;

}  // namespace ruvector::a2a
