// Vectors out of any table that speaks Arrow: the importing half of the Arrow C stream interface.
// Nothing of the Arrow libraries is needed, here or by the user.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "ruvector/lake/backend.h"
#include "ruvector/lake/generation.h"

// Defined by whoever exports a stream, as the published interface has it.
struct ArrowArrayStream;

namespace ruvector {

struct ArrowParams {
  std::string id_column = "id";
  std::string vector_column = "vector";
  Generation generation = {};   // of every batch
  std::size_t rows_before = 0;  // is added to the row numbers in messages, which count from 0
};

// The two columns of each record batch in turn; batches without rows are left out,
// unless there is no row at all: then one batch without rows comes.
//
// Ids are integers of 8 to 64 bits, not negative. Vectors are fixed-size lists, lists or large
// lists, all of one length in 1..8192, of float32, float16, float64, int8 or uint8; or fixed-size
// binaries of little-endian float32. Ids of 64 bits and float32 are used in place: a PulledBatch
// owns the exporter's memory and gives it back when its last copy goes, on whatever thread that is.
// All else is converted to float32 and the exporter's memory given back at once.
//
// Takes over `*stream` (which is left released) at once, also when it throws, and releases it at
// its end, at an error, or with the result. The exporter's functions are called on the thread that
// calls this function or next(). Neither is thread-safe.
//
// Throws BackendError, as next() does: an error of the exporter with its message; a column that is
// missing or of another type; a null, a negative id or another length, with the row; lengths that
// contradict each other. After that next() throws the same again. What the interface cannot tell is
// the true size of a buffer: an exporter must be trusted as any code of the process is.
std::unique_ptr<PulledChunks> import_arrow_stream(std::string backend, ArrowArrayStream* stream,
                                                  const ArrowParams& params = {});

}  // namespace ruvector
