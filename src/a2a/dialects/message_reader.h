// Reads what agents say and make.
// Thread-safe. Throws ProtocolError, which names the way to the member, for what has no such form.
#pragma once

#include "a2a/dialects/wire_form.h"
#include "a2a/json_fields.h"
#include "ruvector/a2a/message.h"

namespace ruvector::a2a {

Part read_part(const JsonFields& part, WireForm form);
Message read_message(const JsonFields& message, WireForm form);
Artifact read_artifact(const JsonFields& artifact, WireForm form);

}  // namespace ruvector::a2a
