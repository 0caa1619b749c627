#include "ruvector/base/a2a_errors.h"

namespace ruvector {

PolicyViolation::PolicyViolation(const std::string& message, std::string field, std::string value,
                                 std::string limit, Details details)
    : A2aError(message, std::move(details)),
      field_(std::move(field)),
      value_(std::move(value)),
      limit_(std::move(limit)) {}

BudgetExceeded::BudgetExceeded(const std::string& message, std::string dimension, Details details)
    : A2aError(message, std::move(details)), dimension_(std::move(dimension)) {}

}  // namespace ruvector
