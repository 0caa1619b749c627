#include "errors.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>

#include <cstring>
#include <new>
#include <stdexcept>

#include "gil.h"
#include "rooms.h"

namespace ruvector::bindings {

// It may hold a path.
nb::object decoded(const char* text) {
  PyObject* object =
      PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(std::strlen(text)), "surrogateescape");
  if (object == nullptr) nb::raise_python_error();
  return nb::steal(object);
}

void set_error(const char* name, const std::exception& error, const nb::dict& attributes) {
  const nb::object type = nb::module_::import_("ruvector.errors").attr(name);
  const nb::object instance = type(decoded(error.what()), **attributes);
  if (const auto* by_python = dynamic_cast<const PythonCause*>(&error)) {
    PyException_SetCause(instance.ptr(), by_python->python_exception().inc_ref().ptr());
  }
  PyErr_SetObject(type.ptr(), instance.ptr());
}

namespace {

bool is_main_thread() {
  const nb::module_ threading = nb::module_::import_("threading");
  return threading.attr("current_thread")().is(threading.attr("main_thread")());
}

bool is_interrupt(const PythonCause& error) {
  return PyErr_GivenExceptionMatches(error.python_exception().ptr(), PyExc_KeyboardInterrupt) != 0;
}

// Raises the user's exception itself.
void set_error_again(const PythonCause& error) {
  PyErr_SetObject(error.python_exception().type().ptr(), error.python_exception().ptr());
}

void set_lake_error(const std::exception_ptr& pointer) {
  nb::dict attributes;
  try {
    std::rethrow_exception(pointer);
  } catch (const BackendError& error) {
    attributes["backend"] = decoded(error.backend().c_str());
    set_error("BackendError", error, attributes);
  } catch (const UnknownBackend& error) {
    set_error("UnknownBackend", error, attributes);
  } catch (const UnknownCollection& error) {
    set_error("UnknownCollection", error, attributes);
  } catch (const CacheMissError& error) {
    set_error("CacheMissError", error, attributes);
  } catch (const WitnessMismatch& error) {
    attributes["expected"] = decoded(error.expected().c_str());
    attributes["actual"] = decoded(error.actual().c_str());
    set_error("WitnessMismatch", error, attributes);
  } catch (const EncoderMismatch& error) {
    attributes["expected"] = decoded(error.expected().c_str());
    attributes["actual"] = decoded(error.actual().c_str());
    set_error("EncoderMismatch", error, attributes);
  } catch (const BundleError& error) {
    set_error("BundleError", error, attributes);
  } catch (const LakeError& error) {
    set_error("LakeError", error, attributes);
  }
}

// To the caller of an asynchronous call its cancellation is that of the task.
void set_cancelled(const Cancelled& error) {
  const nb::object type = nb::module_::import_("asyncio").attr("CancelledError");
  PyErr_SetObject(type.ptr(), decoded(error.what()).ptr());
}

void set_embed_error(const std::exception_ptr& pointer) {
  nb::dict attributes;
  try {
    std::rethrow_exception(pointer);
  } catch (const ModelNotFound& error) {
    set_error("ModelNotFound", error, attributes);
  } catch (const ModelDigestMismatch& error) {
    attributes["expected"] = decoded(error.expected().c_str());
    attributes["actual"] = decoded(error.actual().c_str());
    set_error("ModelDigestMismatch", error, attributes);
  } catch (const EmbedError& error) {
    set_error("EmbedError", error, attributes);
  }
}

// The most derived class first: the first match wins. Rethrows what is no error of ours.
void set_our_error(const std::exception_ptr& pointer) {
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
  } catch (const LakeError&) {
    set_lake_error(pointer);
  } catch (const EmbedError&) {
    set_embed_error(pointer);
  } catch (const A2aError&) {
    set_a2a_error(pointer);
  } catch (const Cancelled& error) {
    set_cancelled(error);
  } catch (const RuVectorError& error) {
    set_error("RuVectorError", error, attributes);
  }
}

void translate(const std::exception_ptr& pointer, void*) {
  try {
    std::rethrow_exception(pointer);
  } catch (const PythonInterrupt& error) {
    set_error_again(error);
  } catch (const PythonBackendError& error) {
    if (is_interrupt(error) && is_main_thread()) return set_error_again(error);
    set_our_error(pointer);
  } catch (const RuVectorError&) {
    set_our_error(pointer);
  }
}

// What nanobind does for exceptions that leave a function of ours.
void set_any_error(const std::exception_ptr& pointer) {
  try {
    set_our_error(pointer);
  } catch (nb::python_error& error) {
    error.restore();
  } catch (const nb::builtin_exception& error) {
    const bool is_type_error = error.type() == nb::exception_type::type_error;
    PyErr_SetString(is_type_error ? PyExc_TypeError : PyExc_ValueError, error.what());
  } catch (const std::invalid_argument& error) {
    PyErr_SetObject(PyExc_ValueError, decoded(error.what()).ptr());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetObject(PyExc_RuntimeError, decoded(error.what()).ptr());
  }
}

}  // namespace

nb::object python_exception(const std::exception_ptr& error) {
  set_any_error(error);
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback != nullptr) PyException_SetTraceback(value, traceback);
  Py_XDECREF(type);
  Py_XDECREF(traceback);
  return nb::steal(value);
}

void check_signals() {
  const HeldGil locked;
  if (PyErr_CheckSignals() == 0) return;
  const nb::python_error error;
  throw PythonInterrupt(HeldObject(nb::borrow(error.value())));
}

void init_errors() { nb::register_exception_translator(translate); }

}  // namespace ruvector::bindings
