// Gives a task to an agent and prints what it tells of it.
//
//   dispatch_task URL KEYS [SKILL [QUESTION]]
//
// KEYS is a file, a JSON Web Key Set, with the key of who signed the agent's card: from elsewhere
// than the agent. For `--unsigned` a card needs no signature.
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "ruvector/a2a/artifact_assembler.h"
#include "ruvector/a2a/client.h"
#include "ruvector/base/a2a_errors.h"

namespace {

ruvector::ConnectOptions options_of(const std::string& keys) {
  if (keys == "--unsigned") return {.strict_verify = false};
  std::ifstream file(keys);
  if (!file) throw std::runtime_error(keys + " cannot be read");
  return {.card_keys = {std::istreambuf_iterator<char>(file), {}}};
}

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

void follow(ruvector::A2aClient& client, const ruvector::TaskSpec& spec) {
  ruvector::ArtifactAssembler assembler;
  const auto stream = client.stream_task(spec);
  while (const auto update = stream->next()) {
    print(*update);
    assembler.add(*update);
  }
  for (const ruvector::Artifact& artifact : assembler.artifacts()) {
    std::printf("%s\n", assembler.text(artifact.artifact_id).c_str());
  }
}

void run(const std::string& url, const std::string& keys, const std::string& skill,
         const std::string& question) {
  const auto client = ruvector::A2aClient::connect(url, options_of(keys));
  const ruvector::AgentCard& card = client->card();
  std::printf("%s speaks %s, signed by %s\n", card.name.c_str(),
              std::string(ruvector::protocol_name(client->protocol())).c_str(),
              card.verification.key_id.c_str());

  ruvector::TaskSpec spec = {
      .skill = skill,
      .input = {{.text = question}},
      // Checked before a byte is sent; the task is cancelled when it takes longer.
      .policy = ruvector::TaskPolicy{.max_cost_usd = 0.10, .max_duration_ms = 30'000},
      .estimate = ruvector::TaskEstimate{.cost_usd = 0.01}};
  if (spec.skill.empty() && !card.skills.empty()) spec.skill = card.skills.front().id;
  follow(*client, spec);

  spec.estimate->cost_usd = 1.00;
  try {
    client->send_task(spec);
  } catch (const ruvector::PolicyViolation& refusal) {
    std::printf("refused: %s\n", refusal.what());
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::fprintf(stderr, "usage: dispatch_task URL KEYS|--unsigned [SKILL [QUESTION]]\n");
    return 2;
  }
  run(argv[1], argv[2], argc > 3 ? argv[3] : "", argc > 4 ? argv[4] : "What is RaBitQ?");
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "dispatch_task: %s\n", error.what());
  return 1;
}
