// How an index comes to hold vectors and to lose them.
// Not thread-safe: the caller has exclusive access to the state.
// On any exception the state is what it was before.
#pragma once

#include <span>

#include "index/state.h"
#include "ruvector/base/matrix_view.h"
#include "ruvector/index/binary_codes.h"
#include "ruvector/index/types.h"

namespace ruvector::index {

State build_state(Kind kind, MatrixView vectors, const BuildParams& params);

// What build_state() refuses before it has looked at the vectors.
void check_parameters(Kind kind, std::size_t dim, const BuildParams& params);

// The same state over `rows`, (n, dim), which it keeps without a copy if `kind` keeps rows.
State build_state_of(Kind kind, const base::Array<float>& rows, std::size_t dim,
                     const BuildParams& params);

// Throws std::invalid_argument when there are gaps between the rows.
MatrixView view_of(const SharedArray<float>& rows);

// The same state over `rows` themselves instead of a copy. `kind` keeps rows.
State build_state_over(Kind kind, const SharedArray<float>& rows, const BuildParams& params);

// Adds vectors with these ids; everything is checked first.
void append(State& state, std::span<const Id> ids, MatrixView vectors, std::size_t threads,
            const Progress& progress);

// The last vectors move into the freed slots.
void remove(State& state, std::span<const Id> ids);

void compact(State& state);

// Learns anew when a search of lists may stop, from `queries` (n, dim) like those to come.
void calibrate(State& state, MatrixView queries, std::size_t threads);

// Encodes all vectors anew with this width; the state keeps rows. `progress` stays at the end.
void set_bits(State& state, std::uint32_t bits, std::size_t threads, const Progress& progress);

}  // namespace ruvector::index
