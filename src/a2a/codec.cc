#include "a2a/codec.h"

#include <stdexcept>
#include <utility>

#include "a2a/dialects/rvagent.h"
#include "a2a/dialects/v0_3.h"
#include "a2a/dialects/v1_0.h"

namespace ruvector::a2a {

std::unique_ptr<Codec> make_codec(Endpoint endpoint, std::size_t json_depth) {
  switch (endpoint.protocol) {
    case Protocol::rvagent:
      return make_rvagent_codec(std::move(endpoint), json_depth);
    case Protocol::v0_3:
      return make_v0_3_codec(std::move(endpoint), json_depth);
    case Protocol::v1_0:
      return make_v1_0_codec(std::move(endpoint), json_depth);
  }
  throw std::invalid_argument("a2a: no such protocol");
}

}  // namespace ruvector::a2a
