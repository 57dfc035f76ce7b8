"""`tieout decide`: what people decide on breaks, and what became of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pipelines.options import Home
from pipelines.reports import out
from tieout.money import format_minor
from tieout.settings import Workspace

if TYPE_CHECKING:
    from tieout.decisions.desk import Desk, Standing

decide = typer.Typer(
    help="Work on breaks: match, write off, adjust, explain, dismiss; assign, comment, attach, "
    "link; approve, refuse, revoke; list.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Actor = Annotated[
    str, typer.Option("--actor", envvar="TIEOUT_ACTOR", help="Who decides.", show_default=False)
]
Role = Annotated[
    str,
    typer.Option(
        "--role", envvar="TIEOUT_ROLE", help="analyst, approver or admin.", show_default=False
    ),
]
Reason = Annotated[
    str, typer.Option("--reason", help="A code of reason_codes.csv.", show_default=False)
]
MaybeReason = Annotated[str | None, typer.Option("--reason", help="A code of reason_codes.csv.")]
Note = Annotated[str | None, typer.Option("--note", help="What else a colleague should know.")]
Item = Annotated[
    str, typer.Argument(metavar="ITEM", help="An item of the current edition (8 characters do).")
]
Items = Annotated[
    list[str],
    typer.Argument(metavar="ITEM…", help="Items of the current edition (8 characters do)."),
]
Said = Annotated[str, typer.Option("--note", help="What to say.", show_default=False)]
Proposal = Annotated[
    str, typer.Argument(metavar="DECISION", help="The decision's id, or its beginning.")
]

_SHOWN = 8  # characters of an id: as many as it takes to name one
_STATES = {
    "stands": "stands",
    "waiting": "[yellow]waiting for approval[/]",
    "refused": "[dim]refused[/]",
    "revoked": "[dim]revoked[/]",
}


@decide.command()
def match(
    home: Home, items: Items, actor: Actor, role: Role, reason: Reason, note: Note = None
) -> None:
    """Say that open items of one leg belong together."""
    _propose("match", home, items, actor, role, reason, note)


@decide.command(name="write-off")
def write_off(
    home: Home, item: Item, actor: Actor, role: Role, reason: Reason, note: Note = None
) -> None:
    """Give up the difference of a broken item."""
    _propose("write_off", home, [item], actor, role, reason, note)


@decide.command()
def adjust(home: Home, item: Item, actor: Actor, role: Role, reason: Reason, note: Said) -> None:
    """Ask for a correcting entry in the ledger; it stays a break until that is posted."""
    _propose("adjust", home, [item], actor, role, reason, note)


@decide.command()
def explain(
    home: Home, item: Item, actor: Actor, role: Role, reason: Reason, note: Note = None
) -> None:
    """Say why an item is broken; it stays a break."""
    _propose("explain", home, [item], actor, role, reason, note)


@decide.command()
def dismiss(
    home: Home, items: Items, actor: Actor, role: Role, reason: Reason, note: Note = None
) -> None:
    """Say that two items that were suggested as a pair are none."""
    _propose("dismiss", home, items, actor, role, reason, note)


@decide.command()
def assign(
    home: Home,
    item: Item,
    owner: Annotated[str, typer.Argument(help="Who is to look at it.")],
    actor: Actor,
    role: Role,
    note: Note = None,
) -> None:
    """Say who is to look at an open item."""
    _work("assign", home, item, actor, role, note, {"owner": owner})


@decide.command()
def comment(home: Home, item: Item, actor: Actor, role: Role, note: Said) -> None:
    """Say something about an item."""
    _work("comment", home, item, actor, role, note)


@decide.command()
def attach(
    home: Home,
    item: Item,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file.")],
    actor: Actor,
    role: Role,
    note: Note = None,
) -> None:
    """Keep a file beside the decisions, as belonging to an item."""
    from tieout.decisions.record import Person

    desk = _desk(home)
    _print_made(desk.attach(Person(actor, role), item, file.name, file.read_bytes(), note))


@decide.command()
def link(
    home: Home,
    item: Item,
    claim: Annotated[str, typer.Argument(help="The other party's number of the claim or case.")],
    actor: Actor,
    role: Role,
    note: Note = None,
) -> None:
    """Link an item to a claim against the other party."""
    _work("link", home, item, actor, role, note, {"claim": claim})


@decide.command()
def approve(
    home: Home, decision: Proposal, actor: Actor, role: Role,
    reason: MaybeReason = None, note: Note = None,
) -> None:  # fmt: skip
    """Stand behind the decision of another person."""
    _answer("approve", home, decision, actor, role, reason, note)


@decide.command()
def refuse(
    home: Home, decision: Proposal, actor: Actor, role: Role,
    reason: MaybeReason = None, note: Note = None,
) -> None:  # fmt: skip
    """Turn down a decision that waits for approval."""
    _answer("refuse", home, decision, actor, role, reason, note)


@decide.command()
def revoke(
    home: Home, decision: Proposal, actor: Actor, role: Role,
    reason: MaybeReason = None, note: Note = None,
) -> None:  # fmt: skip
    """Undo a decision; what it closed opens again with the next run."""
    _answer("revoke", home, decision, actor, role, reason, note)


@decide.command(name="list")
def list_(
    home: Home,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only those that wait for approval.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object a decision.")] = False,
) -> None:
    """Every decision and where it stands; whether it still holds is in fct_decisions."""
    desk = _desk(home)
    chosen = [s for s in desk.standings() if s.state == "waiting" or not waiting]
    if json_:
        for standing in chosen:
            print(json.dumps(_as_dict(standing), ensure_ascii=False))
    elif chosen:
        out.print(_table(desk, chosen))
    else:
        out.print("Nothing waits for approval." if waiting else "Nothing was decided yet.")


def _desk(home: Home) -> Desk:
    from tieout.decisions.desk import Desk  # SQLAlchemy takes a while to import

    return Desk(Workspace.open(home))


def _propose(
    kind: str, home: Home, items: list[str], actor: str, role: str, reason: str, note: str | None
) -> None:
    from tieout.decisions.record import Person

    person = Person(actor, role)
    _print_made(_desk(home).propose(kind, person, items, reason=reason, note=note))


def _work(
    kind: str, home: Home, item: str, actor: str, role: str, note: str | None,
    after: dict[str, str] | None = None,
) -> None:  # fmt: skip
    from tieout.decisions.record import Person

    _print_made(_desk(home).propose(kind, Person(actor, role), [item], note=note, after=after))


def _print_made(made: Standing) -> None:
    kind = made.decision.kind
    decision, seen = made.decision, made.decision.seen
    value = format_minor(seen["value_minor"], seen["currency"])
    out.print(
        f"Decision [bold]{decision.decision_id}[/]: {_words(kind)} of {len(decision.items)} "
        f"{'item' if len(decision.items) == 1 else 'items'} of {decision.leg}, {value}"
    )
    difference = sum(item["left_minor"] - item["right_minor"] for item in seen["items"])
    if kind == "match" and difference:
        rest = format_minor(difference, seen["currency"])
        out.print(f"The sides differ by {rest}: a break until that is written off.")
    if made.state == "waiting":
        out.print("It is above the limit of the role and [yellow]waits for approval[/]:")
        out.print(f"  tieout decide approve {decision.decision_id[:_SHOWN]} --role approver …")
    else:
        out.print("It takes effect with the next: tieout run")


def _answer(
    kind: str, home: Home, about: str, actor: str, role: str, reason: str | None, note: str | None
) -> None:
    from tieout.decisions.record import Person

    now = _desk(home).answer(kind, Person(actor, role), about, reason=reason, note=note)
    done = {"approve": "approved", "refuse": "refused", "revoke": "revoked"}[kind]
    decision = now.decision
    out.print(
        f"Decision [bold]{decision.decision_id}[/] ({_words(decision.kind)} by "
        f"{escape(decision.actor)}) is {done} by {escape(actor.strip())}"
    )
    if kind != "refuse":
        out.print("It takes effect with the next: tieout run")


def _table(desk: Desk, standings: list[Standing]) -> Table:
    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in ("decision", "kind", "state", "leg", "items"):
        table.add_column(name)
    table.add_column("value", justify="right")
    for name in ("reason", "by", "at", "answered by"):
        table.add_column(name)
    for standing in standings:
        d, answer = standing.decision, standing.answer
        title = desk.policy.reasons.get(d.reason_code or "", d.reason_code or "")
        title = title or d.then.get("owner") or d.then.get("claim") or d.then.get("name") or ""
        table.add_row(
            d.decision_id[:_SHOWN],
            _words(d.kind),
            _STATES[standing.state],
            d.leg,
            " ".join(item[:_SHOWN] for item in d.items),
            format_minor(d.seen["value_minor"], d.seen["currency"]),
            escape(": ".join(filter(None, (title, d.note)))),
            escape(f"{d.actor} ({d.role})"),
            d.decided_at[:16].replace("T", " "),
            escape(answer.actor) if answer else "–",
        )
    return table


def _as_dict(standing: Standing) -> dict[str, object]:
    row: dict[str, object] = json.loads(standing.decision.line())
    answer = standing.answer
    return {**row, "state": standing.state, "answered_by": answer.actor if answer else None}


def _words(kind: str) -> str:
    return kind.replace("_", " ")
