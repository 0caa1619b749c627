#include <nanobind/nanobind.h>

#include "rooms.h"

NB_MODULE(_native, m) {
  m.doc() = "The native part of ruvector. Import the public names from `ruvector`.";
  ruvector::bindings::init_errors();
  ruvector::bindings::init_results();
  ruvector::bindings::init_runtime(m);
  ruvector::bindings::init_codes(m);
  ruvector::bindings::init_index(m);
  ruvector::bindings::init_index_classes(m);
}
