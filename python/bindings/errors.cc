// C++ exceptions to the classes of ruvector/errors.py.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>

#include <cstring>
#include <exception>

#include "rooms.h"
#include "ruvector/base/errors.h"

namespace ruvector::bindings {
namespace {

// Sets the Python error `name`(message, **attributes).
void set_error(const char* name, const std::exception& error, const nb::dict& attributes) {
  const char* what = error.what();
  // A path in a message need not be valid UTF-8.
  const nb::object message = nb::steal(
      PyUnicode_DecodeUTF8(what, static_cast<Py_ssize_t>(std::strlen(what)), "surrogateescape"));
  const nb::object type = nb::module_::import_("ruvector.errors").attr(name);
  const nb::object instance = type(message, **attributes);
  PyErr_SetObject(type.ptr(), instance.ptr());
}

// The most derived class first: the first match wins.
void translate(const std::exception_ptr& pointer, void*) {
  nb::dict attributes;
  try {
    std::rethrow_exception(pointer);
  } catch (const DimensionMismatch& error) {
    attributes["expected"] = error.expected();
    attributes["actual"] = error.actual();
    set_error("DimensionMismatch", error, attributes);
  } catch (const PersistError& error) {
    attributes["path"] = error.path();
    set_error("PersistError", error, attributes);
  } catch (const DuplicateId& error) {
    attributes["id"] = error.id();
    set_error("DuplicateId", error, attributes);
  } catch (const IdNotFound& error) {
    attributes["id"] = error.id();
    set_error("IdNotFound", error, attributes);
  } catch (const RowsNotKept& error) {
    set_error("RowsNotKept", error, attributes);
  } catch (const EmptyIndex& error) {
    set_error("EmptyIndex", error, attributes);
  } catch (const IndexError& error) {
    set_error("IndexError", error, attributes);
  } catch (const RuVectorError& error) {
    set_error("RuVectorError", error, attributes);
  }
}

}  // namespace

void init_errors() { nb::register_exception_translator(translate); }

}  // namespace ruvector::bindings
