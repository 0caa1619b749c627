"""Pictures and image files to arrays of pixels. Pillow is imported when one of them comes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Union, cast

import numpy as np
from numpy.typing import NDArray

from ruvector.errors import EmbedError, MissingExtra

if TYPE_CHECKING:
    import PIL.Image

    from ruvector._typing import SupportsDLPack

__all__ = ["Image", "Images", "all_pixels", "pixels"]

Pixels: TypeAlias = NDArray[np.uint8]
Image: TypeAlias = Union[Pixels, "SupportsDLPack", "PIL.Image.Image", str, os.PathLike[str]]
Images: TypeAlias = Pixels | Iterable[Image]


def pixels(image: Image) -> Pixels:
    """An array (height, width, 3) of a picture or file; what is neither is taken as it is."""
    if isinstance(image, str | os.PathLike):
        return _of_file(image)
    if _is_picture(image):
        return _of_picture(cast("PIL.Image.Image", image))
    return cast("Pixels", image)


def all_pixels(images: Images) -> Pixels | Sequence[Pixels]:
    """The same for many; an array of images is taken as it is."""
    kept = as_images(images)
    return cast("Pixels", kept) if _is_array(kept) else [pixels(image) for image in kept]


def as_images(images: Images) -> Any:
    """The images as an array or a sequence."""
    if isinstance(images, str | bytes | os.PathLike) or _is_picture(images):
        raise TypeError("images: expected many images, got one; for one call embed_image")
    return images if _is_array(images) else tuple(images)


# --- without blocking the event loop


def needs_decoding(image: Any) -> bool:
    """Whether ``pixels`` takes longer than a look: for files, and for pictures, which are lazy."""
    return isinstance(image, str | os.PathLike) or _is_picture(image)


def any_needs_decoding(images: Any) -> bool:
    """Whether one of the images needs decoding."""
    return not _is_array(images) and any(needs_decoding(image) for image in images)


async def decoded(image: Image) -> Pixels:
    """``pixels`` on a thread of the loop's executor."""
    import asyncio

    return await asyncio.get_running_loop().run_in_executor(None, pixels, image)


async def all_decoded(images: Images) -> Pixels | Sequence[Pixels]:
    """``all_pixels`` on a thread of the loop's executor."""
    import asyncio

    return await asyncio.get_running_loop().run_in_executor(None, all_pixels, images)


# --- Pillow


def _is_array(value: object) -> bool:
    return hasattr(value, "dtype") or hasattr(value, "__dlpack__")


def _is_picture(value: object) -> bool:
    module = sys.modules.get("PIL.Image")  # not imported: then nobody can have a picture
    return module is not None and isinstance(value, module.Image)


def _of_file(path: str | os.PathLike[str]) -> Pixels:
    try:
        import PIL.Image
    except ImportError as error:
        raise MissingExtra(
            f"reading the image file {os.fspath(path)!r}", package="pillow", extra="image"
        ) from error
    try:
        with PIL.Image.open(path) as picture:
            return _of_picture(picture)
    except (PIL.UnidentifiedImageError, PIL.Image.DecompressionBombError, SyntaxError) as error:
        raise EmbedError(f"image file {os.fspath(path)!r}: {error}") from error


def _of_picture(picture: PIL.Image.Image) -> Pixels:
    import PIL.Image
    import PIL.ImageOps

    turned = PIL.ImageOps.exif_transpose(picture)
    if turned.mode != "RGB" or "transparency" in turned.info:
        turned = _over_white(_to_eight_bits(turned))
    return np.asarray(turned, dtype=np.uint8)


def _to_eight_bits(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Pillow cuts off what is above 255 when it converts 16 bits; this keeps the high byte."""
    import PIL.Image

    if picture.mode.startswith("I;16"):
        return PIL.Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in ("I", "F"):
        raise EmbedError(
            f"an image of mode {picture.mode!r} does not say which value is white: "
            "convert it to 'L' or 'RGB' first"
        )
    return picture


def _over_white(picture: PIL.Image.Image) -> PIL.Image.Image:
    import PIL.Image

    if not picture.has_transparency_data:
        return picture.convert("RGB")
    white = PIL.Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture.convert("RGBA"))
    return white.convert("RGB")
