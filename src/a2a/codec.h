// The wire of one dialect over one binding: pure functions between values and bytes.
// Thread-safe: a codec has no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/transport.h"
#include "ruvector/a2a/agent_card.h"
#include "ruvector/a2a/task.h"
#include "ruvector/a2a/task_spec.h"

namespace ruvector::a2a {

// Under this URI official peers get a task's skill, policy and context, in the message's metadata,
// and are told so by the header of extensions.
inline constexpr std::string_view kTaskSpecExtension = "https://ruvector.dev/a2a/task-spec/v1";

// Where calls go.
struct Endpoint {
  Protocol protocol = Protocol::v1_0;
  Binding binding = Binding::jsonrpc;
  std::string url;  // without a trailing slash but for an empty path
  std::string tenant;
  std::vector<std::string> extensions;  // URIs to ask for
};

// A request and what is needed to read its answer.
struct WireCall {
  net::Request request;
  std::string rpc_id;  // empty for HTTP+JSON
};

// One event of a stream, decoded.
struct StreamItem {
  TaskUpdate update;
  bool is_final = false;  // the peer says that nothing follows, or a message that is alone
};

class Codec {
 public:
  virtual ~Codec() = default;

  // Requests. They throw std::invalid_argument for texts that cannot be sent (no UTF-8, metadata
  // that are no JSON object), UnsupportedOperation for what the dialect does not have.

  // `spec` is complete: ids are made, the input is not empty. `rpc_id` is fresh.
  virtual WireCall send_task(const TaskSpec& spec, std::string_view rpc_id) const = 0;
  // The request whose answer is the stream of a new task. With `sends_beside_stream` it only
  // subscribes to `spec.id`: send_task() must follow, when the head of the stream is there.
  virtual WireCall stream_task(const TaskSpec& spec, std::string_view rpc_id) const = 0;
  virtual bool sends_beside_stream() const noexcept = 0;  // rvAgent
  // The stream of a task that is there. `last_timestamp`: of the last status that came, empty for
  // all; only rvAgent has such a cursor. `attempt` 1 is the other verb where servers differ
  // (HTTP+JSON: POST, then GET), to be tried after 404 or 405.
  virtual WireCall subscribe_task(std::string_view id, std::string_view last_timestamp, int attempt,
                                  std::string_view rpc_id) const = 0;
  // `history_length` where the dialect has it: not rvAgent.
  virtual WireCall get_task(std::string_view id, std::optional<std::uint32_t> history_length,
                            std::string_view rpc_id) const = 0;
  virtual WireCall list_tasks(std::string_view context_id, std::string_view page_token,
                              std::uint32_t page_size, std::string_view rpc_id) const = 0;
  virtual WireCall cancel_task(std::string_view id, std::string_view rpc_id) const = 0;
  virtual WireCall extended_card(std::string_view rpc_id) const = 0;
  virtual WireCall set_push_config(std::string_view task_id, std::string_view config,
                                   std::string_view rpc_id) const = 0;

  // Of complete answers. Throw the error that the peer reports, by the codes of the dialect and
  // with the HTTP status where that is what says it; ProtocolError for what is no answer at all.
  virtual SendResult send_result(const net::ResponseHead& head, std::string_view body,
                                 std::string_view rpc_id) const = 0;
  virtual Task task(const net::ResponseHead& head, std::string_view body,
                    std::string_view rpc_id) const = 0;
  // rvAgent answers with {id, canceled}: a task of that id in the state canceled.
  virtual Task cancelled_task(const net::ResponseHead& head, std::string_view body,
                              std::string_view rpc_id) const = 0;
  virtual TaskPage task_page(const net::ResponseHead& head, std::string_view body,
                             std::string_view rpc_id) const = 0;
  // The card's text; the caller verifies it.
  virtual std::string card_text(const net::ResponseHead& head, std::string_view body,
                                std::string_view rpc_id) const = 0;
  virtual std::string push_config(const net::ResponseHead& head, std::string_view body,
                                  std::string_view rpc_id) const = 0;
  // One event of a stream: the name and the data of an SSE event. Throws the error that it reports.
  // An event that the dialect does not know is a warning without a gap.
  virtual StreamItem stream_item(std::string_view event, std::string_view data,
                                 std::string_view rpc_id) const = 0;
  // An answer to a streaming call that is no event stream: throws its error, or gives what a
  // server that does not stream made of it.
  virtual StreamItem stream_refused(const net::ResponseHead& head, std::string_view body,
                                    std::string_view rpc_id) const = 0;
};

// `json_depth`: deeper values are refused.
std::unique_ptr<Codec> make_codec(Endpoint endpoint, std::size_t json_depth);

}  // namespace ruvector::a2a
