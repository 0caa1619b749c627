#include "ruvector/base/errors.h"

#include <utility>

#include "base/path_text.h"

namespace ruvector {

DimensionMismatch::DimensionMismatch(const std::string& what_has_it, std::size_t expected,
                                     std::size_t actual)
    : IndexError(what_has_it + " has dimension " + std::to_string(actual) + ", expected " +
                 std::to_string(expected)),
      expected_(expected),
      actual_(actual) {}

PersistError::PersistError(std::filesystem::path path, const std::string& reason)
    : IndexError(base::path_text(path) + ": " + reason), path_(std::move(path)) {}

DuplicateId::DuplicateId(std::uint64_t id)
    : IndexError("id " + std::to_string(id) + " is already in the index, ids must be unique"),
      id_(id) {}

IdNotFound::IdNotFound(std::uint64_t id)
    : IndexError("id " + std::to_string(id) + " is not in the index"), id_(id) {}

BackendError::BackendError(std::string backend, const std::string& reason)
    : LakeError("backend '" + backend + "': " + reason), backend_(std::move(backend)) {}

UnknownBackend::UnknownBackend(const std::string& backend)
    : LakeError("no backend '" + backend + "' is registered") {}

UnknownCollection::UnknownCollection(const std::string& backend, const std::string& collection)
    : LakeError("backend '" + backend + "' has no collection '" + collection + "'") {}

UnknownCollection::UnknownCollection(const std::string& collection)
    : LakeError("no registered backend has a collection '" + collection + "'") {}

WitnessMismatch::WitnessMismatch(const std::string& what, std::string expected, std::string actual)
    : LakeError(what + ": expected " + expected + ", found " + actual),
      expected_(std::move(expected)),
      actual_(std::move(actual)) {}

EncoderMismatch::EncoderMismatch(const std::string& what, std::string expected, std::string actual)
    : LakeError(what + " is of encoder " + actual + ", expected " + expected),
      expected_(std::move(expected)),
      actual_(std::move(actual)) {}

ModelDigestMismatch::ModelDigestMismatch(const std::string& what, std::string expected,
                                         std::string actual)
    : EmbedError(what + ": SHA-256 is " + actual + ", must be " + expected),
      expected_(std::move(expected)),
      actual_(std::move(actual)) {}

}  // namespace ruvector
