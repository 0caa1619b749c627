// Signatures and docstrings of the native A2A client. What users read of the client is in
// ruvector/a2a.py.
#pragma once

namespace ruvector::bindings::docs {

inline constexpr const char* kTaskStream =
    R"(The updates of one task, in order. See ``A2aClient.stream_task``.

For coroutines it is an asynchronous iterator and context manager, for threads without an event loop
an iterator and context manager that wait. One reader at a time: a second raises ``RuntimeError``.

It ends when the task does, when the task waits for its caller, or when the answer is a message; a
connection that breaks before is taken up again, and where updates may be missing a ``"warning"``
says so. What cannot be mended raises ``StreamInterrupted``: it never just ends.

A reader that is cancelled loses no update; the stream can be read on. Closing it closes the
connection, and leaves the task running. A slow reader makes the agent wait.)";

inline constexpr const char* kAclose =
    R"(Close the connection; a reader that waits sees the end. May be called again.)";

inline constexpr const char* kCloseStream = "The same as ``aclose``, without coroutines.";

inline constexpr const char* kNativeClient =
    R"(The engine of ``ruvector.A2aClient``, which see. Thread-safe.)";

}  // namespace ruvector::bindings::docs
