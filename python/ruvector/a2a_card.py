"""An agent's card: who it is, what it can do, how it is reached; and what is known of its truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ruvector._a2a_values import JsonValue, freeze_sequences

__all__ = [
    "AgentCapabilities",
    "AgentCard",
    "AgentInterface",
    "AgentProvider",
    "AgentSkill",
    "AuthScheme",
    "CardVerification",
    "ProtocolName",
]

ProtocolName: TypeAlias = Literal["rvagent", "0.3", "1.0"]


@dataclass(frozen=True, slots=True, repr=False)
class AgentCapabilities(JsonValue):
    """What an agent can do beside answering."""

    streaming: bool = field(default=False, kw_only=True)
    """Streams of updates."""
    push_notifications: bool = field(default=False, kw_only=True)
    """Calls of a webhook."""
    state_transition_history: bool = field(default=False, kw_only=True)
    """A history of states."""
    extended_agent_card: bool = field(default=False, kw_only=True)
    """Another card for those who log in."""
    extensions: tuple[str, ...] = field(default=(), kw_only=True)
    """URIs."""

    def __post_init__(self) -> None:
        freeze_sequences(self, "extensions")


@dataclass(frozen=True, slots=True, repr=False)
class AgentSkill(JsonValue):
    """Something that an agent can do."""

    id: str
    """What ``TaskSpec.skill`` names."""
    name: str = ""
    """For people."""
    description: str = field(default="", kw_only=True)
    """For people."""
    tags: tuple[str, ...] = field(default=(), kw_only=True)
    """Words to find it by."""
    examples: tuple[str, ...] = field(default=(), kw_only=True)
    """Inputs."""
    input_modes: tuple[str, ...] = field(default=(), kw_only=True)
    """Media types that it takes; without any, those of the card."""
    output_modes: tuple[str, ...] = field(default=(), kw_only=True)
    """Media types that it gives; without any, those of the card."""

    def __post_init__(self) -> None:
        freeze_sequences(self, "tags", "examples", "input_modes", "output_modes")


@dataclass(frozen=True, slots=True, repr=False)
class AgentProvider(JsonValue):
    """Who runs an agent."""

    organization: str
    """Its name."""
    url: str = ""
    """Where to read more."""


@dataclass(frozen=True, slots=True, repr=False)
class AuthScheme(JsonValue):
    """One way to log in."""

    name: str
    """The card's name of it; rvAgent: the scheme itself."""
    type: str = ""
    """``"apiKey"``, ``"http"``, ``"oauth2"``, ``"openIdConnect"`` or ``"mutualTLS"``."""
    scheme: str = field(default="", kw_only=True)
    """Of http such as ``"bearer"``; of apiKey where it goes: ``"header"``, ``"query"``..."""
    parameter: str = field(default="", kw_only=True)
    """Of apiKey: the name of the header, parameter or cookie."""


@dataclass(frozen=True, slots=True, repr=False)
class AgentInterface(JsonValue):
    """One way to reach an agent."""

    url: str
    """Where."""
    binding: str = ""
    """``"JSONRPC"``, ``"HTTP+JSON"``, ``"GRPC"``..."""
    version: str = field(default="", kw_only=True)
    """Of the protocol."""
    tenant: str = field(default="", kw_only=True)
    """Which of the agents behind the URL."""


@dataclass(frozen=True, slots=True, repr=False)
class CardVerification(JsonValue):
    """Why a card is believed, and how far."""

    method: Literal["none", "ed25519", "jws", "tls"] = "none"
    """``"ed25519"``: rvAgent's signature, by a key inside of the card; ``"jws"``: one by a key that
    the caller knows; ``"tls"``: only the server's certificate; ``"none"``: nothing at all."""
    canonical_form: str = field(default="", kw_only=True)
    """Which form of the card the signature is of, such as ``"raw-jcs"``."""
    key_id: str = field(default="", kw_only=True)
    """``"jws"``: the ``kid`` of the key."""
    covered_fields: tuple[str, ...] = field(default=(), kw_only=True)
    """Keys of the card under the signature."""
    uncovered_fields: tuple[str, ...] = field(default=(), kw_only=True)
    """Keys that the signature says nothing of; they are not in the ``AgentCard``."""
    is_pinned: bool = field(default=False, kw_only=True)
    """The caller named this identity."""

    def __post_init__(self) -> None:
        freeze_sequences(self, "covered_fields", "uncovered_fields")


@dataclass(frozen=True, slots=True, repr=False)
class AgentCard(JsonValue):
    """Who an agent is, what it can do, and how it is reached.

    >>> import ruvector
    >>> card = ruvector.AgentCard("librarian", skills=[ruvector.AgentSkill("rag.query")])
    >>> card.skill("rag.query").id
    'rag.query'
    >>> ruvector.AgentCard.from_dict(card.to_dict()) == card
    True
    """

    name: str
    """For people."""
    url: str = ""
    """As the card has it; ``A2aClient.endpoint`` is what is used."""
    description: str = field(default="", kw_only=True)
    """For people."""
    version: str = field(default="", kw_only=True)
    """Of the agent."""
    protocol: ProtocolName = field(default="1.0", kw_only=True)
    """The dialect that the card is written in."""
    protocol_version: str = field(default="", kw_only=True)
    """As the card has it."""
    documentation_url: str = field(default="", kw_only=True)
    """Where to read more."""
    icon_url: str = field(default="", kw_only=True)
    """A picture."""
    provider: AgentProvider | None = field(default=None, kw_only=True)
    """Who runs it."""
    capabilities: AgentCapabilities = field(default_factory=AgentCapabilities, kw_only=True)
    """What it can do beside answering."""
    skills: tuple[AgentSkill, ...] = field(default=(), kw_only=True)
    """What can be asked of it."""
    default_input_modes: tuple[str, ...] = field(default=(), kw_only=True)
    """Media types that it takes."""
    default_output_modes: tuple[str, ...] = field(default=(), kw_only=True)
    """Media types that it gives."""
    interfaces: tuple[AgentInterface, ...] = field(default=(), kw_only=True)
    """How it is reached, best first."""
    auth_schemes: tuple[AuthScheme, ...] = field(default=(), kw_only=True)
    """How to log in."""
    agent_id: str = field(default="", kw_only=True)
    """SHAKE-256 of its Ed25519 key, 64 hexadecimal digits; empty of one without such a key."""
    metadata: dict[str, Any] = field(default_factory=dict, kw_only=True, hash=False)
    """What the agent adds."""
    verification: CardVerification = field(default_factory=CardVerification, kw_only=True)
    """Why it is believed."""
    raw: bytes = field(default=b"", kw_only=True)
    """The bytes that were verified."""

    def __post_init__(self) -> None:
        freeze_sequences(
            self,
            "skills",
            "default_input_modes",
            "default_output_modes",
            "interfaces",
            "auth_schemes",
        )

    def skill(self, id: str) -> AgentSkill:
        """The skill with this id.

        Raises:
            LookupError: the card has none.
        """
        for skill in self.skills:
            if skill.id == id:
                return skill
        known = ", ".join(repr(skill.id) for skill in self.skills)
        raise LookupError(
            f"skill {id!r} is none of those of {self.name!r}: {known or 'it has none'}"
        )
