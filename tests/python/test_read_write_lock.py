"""The lock for many readers or one writer."""

from __future__ import annotations

import threading

import pytest

from ruvector._read_write_lock import ReadWriteLock


def test_readers_hold_it_together() -> None:
    lock, together = ReadWriteLock(), threading.Barrier(3, timeout=20)

    def read() -> None:
        with lock.reading():
            together.wait()  # breaks unless all are inside

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    read()
    for thread in threads:
        thread.join()
    assert not together.broken


def test_a_writer_is_alone() -> None:
    lock, seen = ReadWriteLock(), []
    counters = [0, 0]

    def work(writes: bool) -> None:
        for _ in range(300):
            if writes:
                with lock.writing():
                    counters[0] += 1
                    counters[1] += 1
            else:
                with lock.reading():
                    seen.append(counters[0] - counters[1])

    threads = [threading.Thread(target=work, args=(i % 2 == 0,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters == [900, 900]
    assert set(seen) == {0}


def test_a_waiting_writer_goes_before_later_readers() -> None:
    lock, order = ReadWriteLock(), []
    first_reads, may_end = threading.Event(), threading.Event()

    def first() -> None:
        with lock.reading():
            first_reads.set()
            may_end.wait(20)

    def write() -> None:
        with lock.writing():
            order.append("write")

    def read() -> None:
        with lock.reading():
            order.append("read")

    reader = threading.Thread(target=first)
    reader.start()
    first_reads.wait(20)
    writer = threading.Thread(target=write)
    writer.start()
    while not lock._writers_waiting:
        pass
    late = threading.Thread(target=read)
    late.start()
    may_end.set()
    for thread in (reader, writer, late):
        thread.join()
    assert order == ["write", "read"]


def test_an_error_inside_releases_it() -> None:
    lock = ReadWriteLock()
    for hold in (lock.reading, lock.writing):
        with pytest.raises(KeyError), hold():
            raise KeyError("x")
    with lock.writing():
        pass
