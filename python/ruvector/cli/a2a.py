"""``ruvector a2a card URL``."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from ruvector.cli.printing import cell, make_table, print_json, print_table, reporting_errors

if TYPE_CHECKING:
    from ruvector.a2a import A2aClient

_FINE = 0

_CARD = """Fetch the card of an agent, verify it, and print it with the reason why it is believed:
which signature, over which form of the card, and which fields are under it. A card that is not
believed is not printed."""


def add_commands(commands: Any) -> None:
    """Add ``a2a`` and its commands to those of ``ruvector``."""
    a2a = commands.add_parser("a2a", help="agents that speak A2A")
    actions = a2a.add_subparsers(metavar="ACTION", required=True)
    card = actions.add_parser("card", help="fetch and verify an agent's card", description=_CARD)
    card.add_argument("url", metavar="URL", help="the agent's base, or its card")
    card.add_argument(
        "--card-keys", metavar="FILE", help="JSON Web Key Set for cards signed by JWS"
    )
    card.add_argument("--agent-id", type=_agent_id, metavar="ID", help="the one identity to accept")
    card.add_argument("--trust-tls", action="store_true", help="believe unsigned cards over https")
    card.add_argument(
        "--allow-unsigned", action="store_true", help="show unsigned cards; never wrongly signed"
    )
    card.add_argument("--plain-http", action="store_true", help="http:// to other machines, too")
    card.add_argument("--json", action="store_true", help="print JSON, for machines")
    card.set_defaults(run=reporting_errors(_card))


def _agent_id(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not 64 lower-case hexadecimal digits")
    return text


def _card(options: argparse.Namespace) -> int:
    from ruvector.a2a import A2aClient

    with A2aClient.connect_sync(
        options.url,
        card_keys=options.card_keys,
        expected_agent_id=options.agent_id,
        trust="tls" if options.trust_tls else "signature",
        strict_verify=not options.allow_unsigned,
        allow_plain_http=options.plain_http,
    ) as client:
        if options.json:
            print_json(_described(client))
        else:
            _print(client)
    return _FINE


def _described(client: A2aClient) -> dict[str, Any]:
    card = client.card.to_dict()
    card.pop("raw", None)  # the same again, as bytes
    card["verification"] = {"method": "none", **card.get("verification", {})}
    return {
        "card": card,
        "endpoint": client.endpoint,
        "protocol": client.protocol,
        "binding": client.binding,
    }


def _print(client: A2aClient) -> None:
    card, why = client.card, client.card.verification
    table = make_table("", "", title=card.name)
    table.show_header = False
    rows: list[tuple[str, object]] = [
        ("description", card.description),
        ("version", card.version),
        ("provider", card.provider.organization if card.provider else ""),
        ("endpoint", client.endpoint),
        ("dialect", f"{client.protocol} over {client.binding}"),
        ("agent id", card.agent_id),
        ("skills", ", ".join(skill.id for skill in card.skills)),
        ("believed by", why.method + (", pinned" if why.is_pinned else "")),
        ("signed form", why.canonical_form),
        ("key", why.key_id),
        ("signed fields", ", ".join(why.covered_fields)),
        ("unsigned fields", ", ".join(why.uncovered_fields)),
    ]
    for name, value in rows:
        if value:
            table.add_row(name, cell(value))
    print_table(table)
