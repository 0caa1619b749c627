// Calls into a backend, whose errors become those of the lake.
#pragma once

#include <exception>
#include <new>
#include <stdexcept>

#include "ruvector/base/errors.h"
#include "ruvector/lake/types.h"

namespace ruvector::lake {

// Rethrows, as a BackendError that names backend and collection, what says something about data.
template <class F>
auto with_data_of(const LakeKey& key, F&& f) -> decltype(f()) {
  try {
    return f();
  } catch (const IndexError& error) {
    throw BackendError(key.backend, "collection '" + key.collection + "': " + error.what());
  } catch (const std::invalid_argument& error) {
    throw BackendError(key.backend, "collection '" + key.collection + "': " + error.what());
  }
}

// f(), a call into a backend. Every exception that is no LakeError is what the store said.
template <class F>
auto ask(const LakeKey& key, F&& f) -> decltype(f()) {
  try {
    return with_data_of(key, f);
  } catch (const LakeError&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw BackendError(key.backend, "collection '" + key.collection + "': " + error.what());
  } catch (...) {
    throw BackendError(
        key.backend, "collection '" + key.collection + "': an exception that is no std::exception");
  }
}

}  // namespace ruvector::lake
