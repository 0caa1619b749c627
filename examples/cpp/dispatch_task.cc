// Gives a task to an agent and prints what it tells of it.
//
//   dispatch_task URL [QUESTION [--unsigned]]     with the last a card needs no signature
#include <cstdio>
#include <exception>
#include <string>

#include "ruvector/a2a/artifact_assembler.h"
#include "ruvector/a2a/client.h"
#include "ruvector/base/a2a_errors.h"

namespace {

void print(const ruvector::TaskUpdate& update) {
  if (update.status) {
    std::printf("status    %s\n", update.status->status.raw_state.c_str());
  } else if (update.task) {
    std::printf("task      %s %s\n", update.task->id.c_str(),
                update.task->status.raw_state.c_str());
  } else if (update.artifact) {
    std::printf("artifact  %s\n", update.artifact->artifact.name.c_str());
  } else if (update.warning) {
    std::printf("warning   %s\n", update.warning->reason.c_str());
  } else if (update.message) {
    for (const ruvector::Part& part : update.message->parts) {
      std::printf("message   %s\n", part.text.c_str());
    }
  }
}

int run(const std::string& url, const std::string& question, bool admits_unsigned) {
  const auto client = ruvector::A2aClient::connect(url, {.strict_verify = !admits_unsigned});
  std::printf("agent     %s, A2A %s\n", client->card().name.c_str(),
              std::string(ruvector::protocol_name(client->protocol())).c_str());

  const auto& skills = client->card().skills;
  const ruvector::TaskSpec spec = {
      .skill = skills.empty() ? "" : skills.front().id,
      .input = {{.text = question}},
      // Checked before a byte is sent; the task is cancelled when it takes longer.
      .policy = ruvector::TaskPolicy{.max_cost_usd = 0.10, .max_duration_ms = 30'000}};
  ruvector::ArtifactAssembler assembler;
  const auto stream = client->stream_task(spec);
  while (const auto update = stream->next()) {
    print(*update);
    assembler.add(*update);
  }
  for (const ruvector::Artifact& artifact : assembler.artifacts()) {
    std::printf("\n%s\n", assembler.text(artifact.artifact_id).c_str());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::fprintf(stderr, "usage: dispatch_task URL [QUESTION [--unsigned]]\n");
    return 2;
  }
  const bool admits_unsigned = argc > 3 && std::string(argv[3]) == "--unsigned";
  return run(argv[1], argc > 2 ? argv[2] : "What is RaBitQ?", admits_unsigned);
} catch (const ruvector::PolicyViolation& error) {
  std::fprintf(stderr, "dispatch_task: %s\n", error.what());
  return 4;
} catch (const std::exception& error) {
  std::fprintf(stderr, "dispatch_task: %s\n", error.what());
  return 1;
}
