// A2A 0.2 and 0.3, over JSON-RPC and over HTTP+JSON.
#pragma once

#include <memory>

#include "a2a/codec.h"

namespace ruvector::a2a {

std::unique_ptr<Codec> make_v0_3_codec(Endpoint endpoint, std::size_t json_depth);

}  // namespace ruvector::a2a
