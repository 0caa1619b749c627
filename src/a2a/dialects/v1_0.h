// A2A 1.0, over JSON-RPC and over HTTP+JSON.
#pragma once

#include <memory>

#include "a2a/codec.h"

namespace ruvector::a2a {

std::unique_ptr<Codec> make_v1_0_codec(Endpoint endpoint, std::size_t json_depth);

}  // namespace ruvector::a2a
