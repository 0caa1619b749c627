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

inline constexpr const char* kArtifactAssembler =
    R"(Puts the pieces of artifacts together, by the rules of ``append`` and ``last_chunk``.

Nothing is dropped: a piece that breaks a rule is kept, and ``add`` says so.

>>> import ruvector
>>> assembler = ruvector.ArtifactAssembler()
>>> for i, text in enumerate(["What ", "is it?"]):
...     artifact = ruvector.Artifact("a1", (ruvector.Part(text),))
...     event = ruvector.TaskArtifactUpdateEvent("t1", artifact, append=i > 0, last_chunk=i == 1)
...     assert assembler.add(event) == ()
>>> assembler.text("a1"), assembler.is_complete("a1")
('What is it?', True))";

inline constexpr const char* kAssemblerAdd =
    R"(Take an update of a stream; those that bring no artifact change nothing.

A task's artifacts are complete, and replace what was put together under their ids.

Returns:
    The rules that the piece breaks.)";

inline constexpr const char* kNativeClient =
    R"(The engine of ``ruvector.A2aClient``, which see. Thread-safe.)";

}  // namespace ruvector::bindings::docs
