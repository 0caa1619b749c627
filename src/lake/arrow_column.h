// The two columns of an Arrow table that ruLake reads, checked as far as the interface permits.
// Thread-safe: values that never change.
// Errors: std::invalid_argument with the reason, and the row where there is one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lake/arrow_abi.h"
#include "ruvector/index/binary_codes.h"
#include "ruvector/index/types.h"

namespace ruvector::lake {

// A run of rows of a column: of its logical rows, after the column's own offset.
struct ArrowRows {
  std::size_t begin = 0;
  std::size_t count = 0;
  std::size_t first_number = 0;  // what messages call the first of them
};

// Position of the first null among `count` bits from bit `begin` on; `count` if there is none.
std::size_t first_null(const std::uint8_t* bitmap, std::size_t begin, std::size_t count);

// Refuses nulls of the structure `array` itself: rows that are missing as a whole.
void require_no_nulls(const ArrowArray& array, const ArrowRows& rows, const std::string& name);

class ArrowIdColumn {
 public:
  ArrowIdColumn(const ArrowSchema& schema, std::string name);

  // (rows.count) ids, in place with `owner` where the column holds 64-bit integers.
  SharedArray<Id> read(const ArrowArray& column, const ArrowRows& rows,
                       const std::shared_ptr<const void>& owner) const;

 private:
  std::string name_;
  char type_;
};

class ArrowVectorColumn {
 public:
  ArrowVectorColumn(const ArrowSchema& schema, std::string name);

  // The dimension of all rows where the type says it, else 0.
  std::size_t fixed_dim() const { return fixed_dim_; }

  // (rows.count, dim) values, in place with `owner` where the column holds float32. `dim` 0 means
  // any so far; otherwise rows of another length are refused.
  SharedArray<float> read(const ArrowArray& column, const ArrowRows& rows, std::size_t dim,
                          const std::shared_ptr<const void>& owner) const;

 private:
  enum class Layout { fixed_list, list, large_list, fixed_binary };
  struct Elements;

  Elements elements_of(const ArrowArray& column, const ArrowRows& rows) const;
  template <class Offset>
  Elements listed_elements(const ArrowArray& column, const ArrowRows& rows) const;
  void require_dim(std::size_t dim, std::size_t expected, std::size_t row) const;

  std::string name_;
  Layout layout_;
  char type_ = 'f';            // of the elements, as in the interface's format strings
  std::size_t fixed_dim_ = 0;  // 0: each row has offsets
};

}  // namespace ruvector::lake
