#include "base/signals_blocked.h"

namespace ruvector::base {

SignalsBlocked::SignalsBlocked() noexcept : before_{} {}

SignalsBlocked::~SignalsBlocked() = default;

}  // namespace ruvector::base
