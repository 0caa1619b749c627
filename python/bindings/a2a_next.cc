#include "a2a_next.h"

#include <exception>
#include <utility>

#include "errors.h"

namespace ruvector::bindings {
namespace {

// PyObject_HEAD must come first. Made by tp_alloc, which zeroes what follows.
struct Next {
  PyObject ob_base;
  UpdateSource* source;  // null: `value` is it
  PyObject* owner;       // keeps `source`
  PyObject* value;
  PyObject* future;  // the iterator of what is waited for; null while nothing is
};

PyTypeObject* next_type = nullptr;  // never given back

Next* self_of(PyObject* object) { return reinterpret_cast<Next*>(object); }

void end_wait(Next* self) {
  if (self->future == nullptr) return;
  self->source->end_wait();
  Py_CLEAR(self->future);
}

// One step of send() after the wait, if there was one, is over.
PySendResult take_or_wait(Next* self, PyObject** result) {
  nb::object update;
  switch (self->source->take(update)) {
    case UpdateSource::Take::update:
      *result = update.release().ptr();
      return PYGEN_RETURN;
    case UpdateSource::Take::pause:
      *result = nb::none().release().ptr();  // as asyncio.sleep(0) does
      return PYGEN_NEXT;
    case UpdateSource::Take::wait:
      break;
  }
  const nb::object future = self->source->begin_wait();
  self->future = PyObject_GetIter(nb::object(future.attr("__await__")()).ptr());
  if (self->future == nullptr) {
    self->source->end_wait();
    nb::raise_python_error();
  }
  return PYGEN_NEXT;
}

PySendResult send_unguarded(Next* self, PyObject** result) {
  for (;;) {
    if (self->future != nullptr) {
      PyObject* word = nullptr;
      const PySendResult step = PyIter_Send(self->future, Py_None, &word);
      if (step == PYGEN_NEXT) {
        *result = word;
        return step;
      }
      Py_XDECREF(word);
      end_wait(self);
      if (step == PYGEN_ERROR) nb::raise_python_error();
    }
    const PySendResult step = take_or_wait(self, result);
    if (step == PYGEN_RETURN || self->future == nullptr) return step;
  }
}

PySendResult send(PyObject* object, PyObject*, PyObject** result) {
  Next* self = self_of(object);
  *result = nullptr;
  if (self->source == nullptr) {
    *result = self->value == nullptr ? Py_None : self->value;
    Py_INCREF(*result);
    return PYGEN_RETURN;
  }
  try {
    return send_unguarded(self, result);
  } catch (nb::python_error& error) {
    error.restore();
  } catch (...) {
    const nb::object error = python_exception(std::current_exception());
    PyErr_SetObject(error.type().ptr(), error.ptr());
  }
  return PYGEN_ERROR;
}

// For those who drive it by hand.
PyObject* iternext(PyObject* object) {
  PyObject* result = nullptr;
  const PySendResult step = send(object, Py_None, &result);
  if (step != PYGEN_RETURN) return result;
  PyObject* stop = PyObject_CallFunctionObjArgs(PyExc_StopIteration, result, nullptr);
  if (stop != nullptr) PyErr_SetObject(PyExc_StopIteration, stop);
  Py_XDECREF(stop);
  Py_XDECREF(result);
  return nullptr;
}

PyObject* await(PyObject* object) {
  Py_INCREF(object);
  return object;
}

PyObject* method_send(PyObject* object, PyObject*) { return iternext(object); }

// Whoever is cancelled waits no more; no update is lost.
PyObject* method_throw(PyObject* object, PyObject* arguments) {
  end_wait(self_of(object));
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  if (PyArg_UnpackTuple(arguments, "throw", 1, 3, &type, &value, &traceback) == 0) return nullptr;
  if (PyExceptionInstance_Check(type)) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(type)), type);
  } else {
    PyErr_SetObject(type, value);
  }
  return nullptr;
}

PyObject* method_close(PyObject* object, PyObject*) {
  end_wait(self_of(object));
  Py_INCREF(Py_None);
  return Py_None;
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self_of(object)->owner);
  Py_VISIT(self_of(object)->value);
  Py_VISIT(self_of(object)->future);
  return 0;
}

int clear(PyObject* object) {
  Next* self = self_of(object);
  end_wait(self);
  if (self->owner != nullptr) self->source = nullptr;
  Py_CLEAR(self->owner);
  Py_CLEAR(self->value);
  return 0;
}

void dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  clear(object);
  PyObject_GC_Del(object);
  Py_DECREF(type);
}

// asyncio shows these in its messages.
PyObject* get_name(PyObject*, void*) { return PyUnicode_FromString("TaskStream.__anext__"); }

template <class Function>
void* slot(Function* function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

void init_a2a_next() {
  static PyMethodDef methods[] = {{"send", &method_send, METH_O, nullptr},
                                  {"throw", &method_throw, METH_VARARGS, nullptr},
                                  {"close", &method_close, METH_NOARGS, nullptr},
                                  {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef names[] = {{"__name__", &get_name, nullptr, nullptr, nullptr},
                                {"__qualname__", &get_name, nullptr, nullptr, nullptr},
                                {nullptr, nullptr, nullptr, nullptr, nullptr}};
  static PyType_Slot slots[] = {{Py_tp_dealloc, slot(&dealloc)},
                                {Py_tp_traverse, slot(&traverse)},
                                {Py_tp_clear, slot(&clear)},
                                {Py_tp_iter, slot(&await)},
                                {Py_tp_iternext, slot(&iternext)},
                                {Py_am_await, slot(&await)},
                                {Py_am_send, slot(&send)},
                                {Py_tp_methods, methods},
                                {Py_tp_getset, names},
                                {0, nullptr}};
  static PyType_Spec spec = {
      "ruvector._native._NextUpdate", sizeof(Next), 0,
      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  next_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  if (next_type == nullptr) nb::raise_python_error();
}

nb::object make_next_update(nb::handle owner, UpdateSource& source) {
  PyObject* made = PyType_GenericAlloc(next_type, 0);
  if (made == nullptr) nb::raise_python_error();
  self_of(made)->source = &source;
  self_of(made)->owner = owner.inc_ref().ptr();
  return nb::steal(made);
}

nb::object make_ready(nb::object value) {
  PyObject* made = PyType_GenericAlloc(next_type, 0);
  if (made == nullptr) nb::raise_python_error();
  self_of(made)->value = value.release().ptr();
  return nb::steal(made);
}

}  // namespace ruvector::bindings
