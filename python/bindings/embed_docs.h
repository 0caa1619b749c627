// Signatures and docstrings of the native Embedder. What users read is in ruvector/embed.py.
#pragma once

namespace ruvector::bindings::docs {

inline constexpr const char* kNativeEmbedder =
    R"(An encoder that runs in the library's own kernels. See ``ruvector.Embedder``.

Thread-safe. All calls let other Python threads run.)";

inline constexpr const char* kNativeFromPretrained =
    R"(Open a model whose files are there already; never uses the network.

Raises:
    ModelNotFound: neither a known model nor a directory, or files are missing.
    ModelDigestMismatch: a file has other bytes than the pinned ones.
    EmbedError: a file cannot be used.
    ValueError: the model does not have that precision.)";

inline constexpr const char* kEmbedSignature =
    "def embed(self, text: str, *, prompt: Prompt = None, threads: int | None = None) "
    "-> NDArray[numpy.float32]";
inline constexpr const char* kEmbed = "The vector of one text, (dim).";

inline constexpr const char* kEmbedAsyncSignature =
    "def embed_async(self, text: str, *, prompt: Prompt = None, threads: int | None = None) "
    "-> Coroutine[Any, Any, NDArray[numpy.float32]]";
inline constexpr const char* kEmbedAsync = "``embed`` for coroutines.";

inline constexpr const char* kEmbedBatchSignature =
    "def embed_batch(self, texts: Sequence[str], *, batch_size: int | None = None, "
    "prompt: Prompt = None, progress: Progress = None, threads: int | None = None) "
    "-> NDArray[numpy.float32]";
inline constexpr const char* kEmbedBatch = "A row for each text, (n, dim).";

inline constexpr const char* kEmbedBatchAsyncSignature =
    "def embed_batch_async(self, texts: Sequence[str], *, prompt: Prompt = None, "
    "threads: int | None = None) -> Coroutine[Any, Any, NDArray[numpy.float32]]";
inline constexpr const char* kEmbedBatchAsync = "``embed_batch`` for coroutines.";

inline constexpr const char* kTokenizeSignature =
    "def tokenize(self, text: str, *, prompt: Prompt = None) -> list[int]";
inline constexpr const char* kTokenize =
    "The ids of the word pieces that the encoder sees, [CLS] and [SEP] included.";

inline constexpr const char* kEmbedImageSignature =
    "def embed_image(self, image: NDArray[numpy.uint8] | Buffer, *, threads: int | None = None) "
    "-> NDArray[numpy.float32]";
inline constexpr const char* kEmbedImage = "The vector of one image (height, width, 3), (dim).";

inline constexpr const char* kEmbedImageAsyncSignature =
    "def embed_image_async(self, image: NDArray[numpy.uint8] | Buffer, *, "
    "threads: int | None = None) -> Coroutine[Any, Any, NDArray[numpy.float32]]";
inline constexpr const char* kEmbedImageAsync = "``embed_image`` for coroutines.";

inline constexpr const char* kEmbedImagesSignature =
    "def embed_images(self, images: NDArray[numpy.uint8] | Sequence[NDArray[numpy.uint8] | "
    "Buffer], "
    "*, progress: Progress = None, threads: int | None = None) -> NDArray[numpy.float32]";
inline constexpr const char* kEmbedImages = "A row for each image, (n, dim).";

inline constexpr const char* kEmbedImagesAsyncSignature =
    "def embed_images_async(self, "
    "images: NDArray[numpy.uint8] | Sequence[NDArray[numpy.uint8] | Buffer], *, "
    "threads: int | None = None) -> Coroutine[Any, Any, NDArray[numpy.float32]]";
inline constexpr const char* kEmbedImagesAsync = "``embed_images`` for coroutines.";

}  // namespace ruvector::bindings::docs
