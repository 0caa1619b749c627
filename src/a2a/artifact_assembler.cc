#include "ruvector/a2a/artifact_assembler.h"

#include <utility>

namespace ruvector {

namespace {

using Violation = ArtifactAssembler::Violation;

void append(Artifact& whole, const Artifact& chunk) {
  whole.parts.insert(whole.parts.end(), chunk.parts.begin(), chunk.parts.end());
  if (!chunk.name.empty()) whole.name = chunk.name;
  if (!chunk.description.empty()) whole.description = chunk.description;
  if (!chunk.metadata.empty()) whole.metadata = chunk.metadata;
  if (!chunk.extensions.empty()) whole.extensions = chunk.extensions;
}

Violation violation(Violation::Kind kind, const std::string& id, const char* what) {
  return {.kind = kind, .artifact_id = id, .message = "artifact '" + id + "': " + what};
}

}  // namespace

std::vector<Violation> ArtifactAssembler::add(const TaskArtifactUpdateEvent& chunk) {
  const std::string& id = chunk.artifact.artifact_id;
  std::vector<Violation> found;
  if (id.empty()) {
    found.push_back(violation(Violation::Kind::without_id, id, "a chunk has no artifact_id"));
  }
  const auto [place, is_new] = places_.try_emplace(id, artifacts_.size());
  bool& complete = complete_[id];
  if (is_new) {
    if (chunk.append) {
      found.push_back(violation(Violation::Kind::append_to_nothing, id,
                                "a chunk is to be appended, and nothing came before"));
    }
    artifacts_.push_back(chunk.artifact);
  } else if (chunk.append) {
    if (complete) {
      found.push_back(violation(Violation::Kind::after_last, id,
                                "a chunk is to be appended after the last one"));
    }
    append(artifacts_[place->second], chunk.artifact);
  } else {
    artifacts_[place->second] = chunk.artifact;
  }
  complete = chunk.last_chunk;
  return found;
}

std::vector<Violation> ArtifactAssembler::add(const TaskUpdate& update) {
  if (update.artifact) return add(*update.artifact);
  std::vector<Violation> found;
  if (!update.task) return found;
  for (const Artifact& artifact : update.task->artifacts) {
    TaskArtifactUpdateEvent whole;
    whole.artifact = artifact;
    whole.last_chunk = true;
    for (Violation& each : add(whole)) found.push_back(std::move(each));
  }
  return found;
}

bool ArtifactAssembler::is_complete(const std::string& artifact_id) const {
  const auto found = complete_.find(artifact_id);
  return found != complete_.end() && found->second;
}

std::string ArtifactAssembler::text(const std::string& artifact_id) const {
  std::string all;
  const auto found = places_.find(artifact_id);
  if (found == places_.end()) return all;
  for (const Part& part : artifacts_[found->second].parts) {
    if (part.kind == Part::Kind::text) all += part.text;
  }
  return all;
}

}  // namespace ruvector
