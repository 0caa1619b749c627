"""Dispatch a task to an agent: a signed card, limits that are checked first, a stream of updates.

The agent is rag_agent.py, on the official a2a-sdk, started here as a process of its own. Run it as
`dispatch_task.py [PYTHON]`, where PYTHON is an interpreter that has a2a-sdk and ruvector.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import ruvector

AGENT = Path(__file__).with_name("rag_agent.py")
QUESTION = "How do I delete a whole directory tree?"


async def dispatch(url: str, keys: Path) -> None:
    # The card's signature is verified with keys that we have from elsewhere: not from the agent.
    async with await ruvector.A2aClient.connect(url, card_keys=keys) as client:
        card = client.card
        print(f"{card.name} speaks {client.protocol}, signed by {card.verification.key_id}")

        spec = ruvector.TaskSpec(
            "rag.query",
            QUESTION,
            policy=ruvector.TaskPolicy(max_cost_usd=0.10, max_duration_ms=30_000),
            estimate=ruvector.TaskEstimate(cost_usd=0.01),
        )
        print(QUESTION)
        async for update in client.stream_task(spec):
            if update.artifact is not None:
                print(f"  {update.artifact.text}")
            elif update.state is not None:
                print(f"  {update.state}")

        # A task that may cost more than it is allowed to is refused before anything is sent.
        dear = ruvector.TaskSpec(
            "rag.query",
            QUESTION,
            policy=ruvector.TaskPolicy(max_cost_usd=0.10),
            estimate=ruvector.TaskEstimate(cost_usd=1.00),
        )
        try:
            await client.send_task(dear)
        except ruvector.PolicyViolation as refusal:
            print(f"refused: {refusal}")


def main() -> None:
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys.json"
        agent = subprocess.Popen(
            [python, str(AGENT), str(keys)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with agent:
            assert agent.stdin is not None
            assert agent.stdout is not None
            url = agent.stdout.readline().strip()
            if not url:
                raise SystemExit("the agent did not start")
            asyncio.run(dispatch(url, keys))
            agent.stdin.close()  # which ends it


if __name__ == "__main__":
    main()
