// rvAgent: A2A 0.1 with routes, parameters and codes of its own.
#pragma once

#include <memory>

#include "a2a/codec.h"

namespace ruvector::a2a {

// There is no binding but JSON-RPC; std::invalid_argument for another.
std::unique_ptr<Codec> make_rvagent_codec(Endpoint endpoint, std::size_t json_depth);

}  // namespace ruvector::a2a
