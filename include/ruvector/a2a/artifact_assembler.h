// Puts the chunks of artifacts together, by the rules of `append` and `last_chunk`. Nothing is
// dropped: a chunk that breaks a rule is kept, and the violation is reported.
// Not thread-safe. Owns what it has put together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ruvector/a2a/task.h"

namespace ruvector {

class ArtifactAssembler {
 public:
  struct Violation {
    enum class Kind : std::uint8_t {
      append_to_nothing,  // the first chunk of an artifact is one to append: it begins it
      after_last,         // a chunk to append to an artifact that was complete: it is appended
      without_id,         // no artifact_id: all of these are one artifact
    };
    Kind kind = Kind::append_to_nothing;
    std::string artifact_id;
    std::string message;

    bool operator==(const Violation&) const = default;
  };

  // Takes a chunk. One that is not to append begins its artifact anew. Chunks to append add their
  // parts, and a name, description or metadata where they have one. Gives the rules it breaks.
  std::vector<Violation> add(const TaskArtifactUpdateEvent& chunk);
  // Any update; those that are no artifact and no task do nothing. A task's artifacts are complete
  // and replace those that were put together from chunks.
  std::vector<Violation> add(const TaskUpdate& update);

  // In the order in which they began.
  const std::vector<Artifact>& artifacts() const noexcept { return artifacts_; }
  // Whether the last chunk of it came.
  bool is_complete(const std::string& artifact_id) const;
  // All texts of an artifact's parts, one after the other; empty when there is none of that id.
  std::string text(const std::string& artifact_id) const;

 private:
  std::vector<Artifact> artifacts_;
  std::map<std::string, std::size_t> places_;  // of artifacts_, by id
  std::map<std::string, bool> complete_;
};

}  // namespace ruvector
