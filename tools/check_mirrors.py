"""Checks that each source file has its test: src/<room>/foo.cc beside foo_test.cc, and
python/ruvector/foo.py with tests/python/test_foo.py.
"""

import re
import sys
from pathlib import Path

# Sources without a test of their own, and the test that covers them.
COVERED_ELSEWHERE: dict[str, str] = {
    "src/a2a/dialects/official_codec.cc": "src/a2a/dialects/official_transcripts_test.cc",
    "src/a2a/dialects/rest_answer.cc": "src/a2a/dialects/error_reader_test.cc",
    "src/a2a/environment.cc": "src/a2a/loopback_test.cc",
    "src/a2a/event_line.cc": "src/a2a/task_stream_test.cc",
    "src/a2a/link.cc": "src/a2a/call_test.cc",
    "src/a2a/poll_operation.cc": "src/a2a/client_test.cc",
    "src/a2a/send_operation.cc": "src/a2a/client_test.cc",
    "src/a2a/session.cc": "src/a2a/client_test.cc",
    "src/base/durable_macos.cc": "src/base/atomic_file_test.cc",
    "src/base/durable_posix.cc": "src/base/atomic_file_test.cc",
    "src/base/exception_owners_tsan.cc": "src/lake/storm_test.cc",
    "src/base/thread_name_linux.cc": "src/base/background_test.cc",
    "src/base/thread_name_macos.cc": "src/base/background_test.cc",
    "src/base/thread_name_posix.cc": "src/base/background_test.cc",
    "src/base/thread_name_windows.cc": "src/base/background_test.cc",
    "src/base/durable_windows.cc": "src/base/atomic_file_test.cc",
    "src/base/fork_epoch_posix.cc": "src/base/background_posix_test.cc",
    "src/base/fork_epoch_windows.cc": "src/base/background_test.cc",
    "src/base/signals_blocked_posix.cc": "src/base/background_test.cc",
    "src/base/signals_blocked_windows.cc": "src/base/background_test.cc",
    "src/base/windows_file.cc": "src/base/directory_files_windows_test.cc",
    "src/base/openssl_library.cc": "src/base/digest_test.cc",
    "src/base/worker_pool.cc": "src/base/parallel_test.cc",
    "src/embed/bert_layer.cc": "src/embed/bert_encoder_test.cc",
    "src/embed/environment_paths_posix.cc": "src/embed/model_places_test.cc",
    "src/embed/environment_paths_windows.cc": "src/embed/model_places_test.cc",
    "src/embed/bert_scratch.cc": "src/embed/bert_encoder_test.cc",
    "src/embed/byte_linear.cc": "src/embed/integer_linear_test.cc",
    "src/embed/float_linear.cc": "src/embed/linear_test.cc",
    "src/embed/folded_convolution.cc": "src/embed/mobilenet_v3_test.cc",
    "src/embed/input_ranges.cc": "src/embed/exact_inputs_test.cc",
    "src/embed/inverted_residual.cc": "src/embed/mobilenet_v3_test.cc",
    "src/embed/safetensors_header.cc": "src/embed/safetensors_test.cc",
    "src/embed/text_encoder.cc": "src/embed/embedder_test.cc",
    "src/embed/text_model.cc": "src/embed/embedder_test.cc",
    "src/embed/weight_integers.cc": "src/embed/integer_linear_test.cc",
    "src/embed/word_linear.cc": "src/embed/integer_linear_test.cc",
    "src/lake/local_collection.cc": "src/lake/local_backend_test.cc",
    "src/lake/read_fully.cc": "src/lake/file_version_test.cc",
    "src/lake/backend.cc": "src/lake/pulled_test.cc",
    "src/lake/backends.cc": "src/lake/lake_test.cc",
    "src/lake/core.cc": "src/lake/federation_test.cc",
    "src/lake/entry.cc": "src/lake/cache_test.cc",
    "src/lake/gathering.cc": "src/lake/federation_test.cc",
    "src/net/easy_handle.cc": "src/net/http_transport_test.cc",
    "python/ruvector/__init__.py": "tests/python/test_index.py",
    "python/ruvector/__main__.py": "tests/python/test_cli.py",
    "python/ruvector/_a2a_values.py": "tests/python/test_a2a_types.py",
    "python/ruvector/_document.py": "tests/python/test_documents.py",
    "python/ruvector/_typing.py": "tests/python/test_index.py",
    "python/ruvector/a2a_card.py": "tests/python/test_a2a_types.py",
    "python/ruvector/a2a_spec.py": "tests/python/test_a2a_types.py",
}
# Every level runs the tests of the kernels themselves, so the per-level sources have none.
PER_LEVEL = re.compile(r"^src/kernels/(scalar|avx2|avx512|neon)(_[a-z0-9_]+)?\.cc$")
# One file for each operating system, all of them tested by foo_test.cc.
PER_SYSTEM = re.compile(r"_(linux|macos|posix|windows)\.cc$")


def missing_tests(root: Path) -> list[str]:
    sources = [
        (source, source.with_name(PER_SYSTEM.sub(".cc", source.name).replace(".cc", "_test.cc")))
        for source in sorted((root / "src").rglob("*.cc"))
        if not source.stem.endswith("_test")
    ]
    modules = [
        (module, root / "tests" / "python" / f"test_{module.stem.strip('_')}.py")
        for module in sorted((root / "python" / "ruvector").glob("*.py"))
    ]
    missing = []
    for source, own_test in sources + modules:
        name = source.relative_to(root).as_posix()
        test = root / COVERED_ELSEWHERE[name] if name in COVERED_ELSEWHERE else own_test
        if not PER_LEVEL.match(name) and not test.is_file():
            missing.append(f"{name}: {test.relative_to(root).as_posix()} is missing")
    missing += [
        f"{name}: named in COVERED_ELSEWHERE, and is no file"
        for name in COVERED_ELSEWHERE
        if not (root / name).is_file()
    ]
    return missing


def main() -> int:
    missing = missing_tests(Path(__file__).resolve().parent.parent)
    print("\n".join(missing) if missing else "every source has its test")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
