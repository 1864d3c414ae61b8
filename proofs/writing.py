"""How the modules of this folder write claims down: the keys of a claim file, with id, place and words first."""

from __future__ import annotations

from typing import Any

from convergence.claims import Claim, Paper


def claim(id: str, where: str, says: str, **keys: Any) -> dict[str, Any]:
    """One claim; `keys` are those of a claim file. Its id begins with the statement's number in the inventory."""
    return {"id": id, "where": where, "says": says, **keys}


def reading(name: str, **keys: Any) -> dict[str, Any]:
    """A further reading of a claim: what it states anew; it inherits the rest."""
    return {"reading": name, **keys}


def together(title: str, source: str, *sections: Paper) -> Paper:
    """One paper from its sections, with the claims in the order of their ids."""
    claims: list[Claim] = [one for section in sections for one in section]
    return Paper(title=title, source=source, claims=tuple(sorted(claims, key=lambda one: one.id)))
