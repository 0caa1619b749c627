"""What every client in Python can do for its worker."""

from __future__ import annotations

import abc


class Client(abc.ABC):
    """Talks to one URL of the server. Made on the loop that it is used on."""

    dialect = "10"

    @abc.abstractmethod
    async def open(self, url: str, connections: int) -> None:
        """Gets ready; so many streams will be open at once."""

    @abc.abstractmethod
    async def stream(self) -> int:
        """Reads a stream to its end, each event decoded; how many there were."""

    @abc.abstractmethod
    async def send(self) -> None:
        """Sends a task and has its answer, decoded."""

    @abc.abstractmethod
    async def close(self) -> None:
        """Lets go of the connections."""
