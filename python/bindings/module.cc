#include <nanobind/nanobind.h>

#include "rooms.h"

NB_MODULE(_native, m) {
  m.doc() = "The native part of ruvector. Import the public names from `ruvector`.";
#ifdef NDEBUG
  // What daemon threads and tracebacks hold at exit is no concern of the user's terminal.
  nanobind::set_leak_warnings(false);
#endif
  ruvector::bindings::init_errors();
  ruvector::bindings::init_results();
  ruvector::bindings::init_runtime(m);
  ruvector::bindings::init_codes(m);
  ruvector::bindings::init_index(m);
  ruvector::bindings::init_index_classes(m);
  ruvector::bindings::init_asyncio_bridge(m);
  ruvector::bindings::init_lake_values();
  ruvector::bindings::init_lake_bundle(m);
  ruvector::bindings::init_lake_backends(m);
  ruvector::bindings::init_lake(m);
  ruvector::bindings::init_arrow(m);
  ruvector::bindings::init_embed(m);
  ruvector::bindings::init_embed_models(m);
  ruvector::bindings::init_a2a(m);
}
