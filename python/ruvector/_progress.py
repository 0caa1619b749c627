"""The progress bar of long calls."""

from __future__ import annotations


class ProgressBar:
    """A tqdm bar that is called with (done, total). tqdm is imported when one is wanted."""

    def __init__(self, task: str) -> None:
        from tqdm.auto import tqdm

        self._bar = tqdm(desc=task, unit=" vectors", unit_scale=True)

    def __call__(self, done: int, total: int) -> None:
        """Move the bar."""
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()
