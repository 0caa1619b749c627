"""A server of agents for tests: three dialects, exact bytes, and faults on demand.

It needs the standard library only, and ``cryptography`` for signed cards. As a program:
``python -m a2a_server --dialect rvagent|0.3|1.0 --port 0``; it prints one line of JSON with its
addresses. In tests: ``process.running()`` and ``process.running_on_thread()``.
"""
