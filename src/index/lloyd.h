// Lloyd's iterations of k-means.
// Not thread-safe. Results depend neither on the number of threads nor on the instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/nearest_centroid.h"
#include "ruvector/base/progress.h"

namespace ruvector::index {

// The rows of each list, in rising order.
struct Members {
  std::vector<std::uint32_t> order;  // rows, list by list
  std::vector<std::size_t> begins;   // where each list begins, and the end

  Members() = default;
  Members(std::span<const std::uint32_t> list_of_row, std::size_t lists);

  std::size_t lists() const { return begins.size() - 1; }
  std::size_t size(std::size_t list) const { return begins[list + 1] - begins[list]; }
  std::span<const std::uint32_t> of(std::size_t list) const {
    return std::span(order).subspan(begins[list], size(list));
  }
};

// The mean of `members`, at least one of `rows`, summed in their order. `sums` is scratch.
void mean_of(const RowSelection& rows, std::span<const std::uint32_t> members,
             std::vector<double>& sums, float* out);

// Rows with the centre nearest to them: iterations compare those of a group only with the centroids
// that belong to it and, until these are `reach`, with the others nearest to its centre.
struct RowGroups {
  std::vector<float> centres;  // (groups, dim)
  Members members;
  std::size_t reach = 0;
};

class Lloyd {
 public:
  // `rows` and what it points to must outlive this.
  Lloyd(const RowSelection& rows, std::size_t threads);

  // Moves `centroids` (lists, dim), lists <= rows, to the means of the rows nearest to them,
  // `iterations` times or until the error hardly falls. A list without rows gets half of those
  // of a large one; so do small ones while others are far too large, by rows or by error. `groups`
  // may be null. `progress` may throw to cancel.
  void run(std::vector<float>& centroids, std::size_t iterations, const RowGroups* groups = nullptr,
           const Progress& progress = {});

  // Finds each row's nearest centroid.
  void assign(std::span<const float> centroids, const RowGroups* groups = nullptr,
              const Progress& progress = {});

  // Of the last assignment.
  const Members& members() const { return members_; }
  double error() const { return error_; }  // the sum of squared distances

 private:
  struct Field;
  std::vector<Field> fields(std::span<const float> centroids, const RowGroups* groups) const;
  void move_to_means(std::vector<float>& centroids) const;
  std::vector<double> burdens() const;
  std::size_t refill(std::vector<float>& centroids, bool only_empty) const;
  bool split(std::size_t from, std::size_t to, std::vector<float>& centroids) const;

  RowSelection rows_;
  std::size_t threads_;
  double error_ = 0;
  std::vector<std::uint32_t> nearest_;
  std::vector<float> squares_;
  Members members_;
  std::vector<NearestCentroid::Scratch> scratch_;
};

}  // namespace ruvector::index
