// From the sections of an .rbpx image to an index.
// Thread-safe: functions of their arguments.
#pragma once

#include <memory>

#include "index/rbpx_image.h"
#include "index/state.h"

namespace ruvector::index {

// The state that `image` holds. With `owner`, which keeps the image's bytes alive and aligned to
// 64, its arrays are views of them; without, copies. Everything that memory safety rests on is
// checked, and the small sections' checksums; what else the large sections hold is not looked at.
// Throws PersistError, also when the image holds another kind than `kind`.
State read_state(const Image& image, Kind kind, const std::shared_ptr<const void>& owner);

}  // namespace ruvector::index
