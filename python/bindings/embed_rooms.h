// The parts of the native Embedder's bindings, one file each, and what they share.
#pragma once

#include <nanobind/nanobind.h>

#include <functional>

#include "ruvector/embed/embedder.h"

namespace ruvector::bindings {

namespace nb = nanobind;

void bind_embed_texts(nb::class_<Embedder>& c);
void bind_embed_images(nb::class_<Embedder>& c);

// Throws ValueError for a prompt that is none, and for threads outside their range.
EmbedParams embed_params(nb::handle prompt, nb::handle threads);

// What cancels an asynchronous call.
inline std::function<void()> canceller(PendingEmbedding pending) {
  return [pending]() mutable { pending.cancel(); };
}

}  // namespace ruvector::bindings
