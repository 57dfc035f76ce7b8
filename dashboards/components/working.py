"""What can be done with the selected breaks, what was done, and their records."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from dashboards import data
from dashboards.components import deciding, links
from dashboards.components.deciding import Work
from dashboards.components.money import NOTHING, day, money, plural
from dashboards.components.words import sides, words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import record as record_queries
from tieout.contracts import DECIDING_ROLES, WORK
from tieout.decisions.attachments import MOST_BYTES
from tieout.decisions.record import LIMITED, DecisionRefused, Person

RECORDS_SHOWN = 4
EACH = ("explain", "assign", "comment", "write_off", "adjust", "link")
_HELP = {
    "explain": "Say why it is broken. It stays a break, with a reason.",
    "assign": "Say who is to look at it.",
    "comment": "Say something about it.",
    "attach": f"Keep a file with it: up to {MOST_BYTES // 1_000_000} MB, without card numbers.",
    "link": "Link it to a claim or case of the other party.",
    "write_off": "Give up the difference.",
    "adjust": "Ask for a correcting entry. It stays a break until the ledger has one.",
    "match": "Say that these belong together. They become one item.",
    "dismiss": "Say that these are not the same money. They are not suggested again.",
}


def detail(context: Context, who: Person, work: Work, selected: list[Row]) -> None:
    """The panel beside the list: one break, or several of them."""
    if not selected:
        st.markdown("## Details")
        st.markdown(":gray[Select one break, or several, to see and work on them.]")
        return
    ids = [str(row["item_id"]) for row in selected]
    if len(selected) == 1:
        _one(selected[0], work)
        act(context, who, work, [*EACH[:3], "attach", *EACH[3:]], ids, selected, key="breaks")
        history(context, who, work, ids[0])
        _records(context, selected[0])
    else:
        _several(selected)
        act(context, who, work, [*EACH, "match"], ids, selected, key="breaks")


def act(
    context: Context,
    who: Person,
    work: Work,
    kinds: list[str],
    ids: list[str],
    rows: list[Row],
    *,
    key: str,
) -> None:
    """Choose what to do with the items, and do it: a decision each, or one of them together."""
    if not context.is_current:
        st.caption("This is an older edition. Decisions are made on the current one: choose it.")
        return
    if who.role not in DECIDING_ROLES:
        st.caption(f"In the role {who.role} you see the work, and decide nothing.")
        return
    kind = st.segmented_control(
        "What",
        kinds,
        default=kinds[0],
        format_func=words,
        required=True,
        key=f"kind_{key}",
        label_visibility="collapsed",
    )
    kind = str(kind or kinds[0])
    st.caption(_HELP[kind] + _limit(context, who, kind, rows))
    # What was typed for one selection, or before the last decision, is not for the next.
    with st.form(f"act_{key}_{kind}_{'_'.join(ids)[:200]}_{len(work.standings)}", border=False):
        reason, after, file = None, {}, None
        if kind == "assign":
            known = sorted({who.actor, *work.owners.values()})
            owner = st.selectbox("Owner", known, accept_new_options=True, key=f"owner_{key}")
            after = {"owner": str(owner or "")}
        elif kind == "link":
            claim = st.text_input("Claim", key=f"claim_{key}", placeholder="Their number of it")
            after = {"claim": claim}
        elif kind == "attach":
            file = st.file_uploader("File", key=f"file_{key}", max_upload_size=10)
        elif kind not in WORK:
            reasons = work.reasons
            reason = st.selectbox(
                "Why", list(reasons), format_func=reasons.__getitem__, key=f"reason_{key}"
            )
        note = st.text_input("Note", key=f"note_{key}", placeholder="What a colleague should know")
        label = words(kind) + (f" {len(ids)}" if len(ids) > 1 else "")
        if not st.form_submit_button(label, type="primary", icon=":material/check:"):
            return
    if kind == "attach":
        if file is None:
            st.error("Choose a file first.")
        else:
            deciding.attach(context, who, ids[0], file.name, file.getvalue(), note or None)
    else:
        groups = [ids] if kind in ("match", "dismiss") else [[item] for item in ids]
        deciding.propose(
            context, who, kind, groups, reason=reason, note=note or None, after=after or None
        )


def _limit(context: Context, who: Person, kind: str, rows: list[Row]) -> str:
    """Whether policy asks for a second person; the desk decides, this only says it before."""
    if kind not in LIMITED or kind == "match":
        return ""
    policy, today = data.desk(context.home).policy, datetime.now(UTC).date()
    above = sum(
        not policy.is_enough(
            kind, who.role, today, {**row, "value_minor": abs(int(row["difference_minor"]))}
        )
        for row in rows
    )
    if not above:
        return ""
    which = "It is" if len(rows) == 1 else f"{above} of them are"
    return f" **{which} above the limit of {who.role}s: another person must approve.**"


def _one(row: Row, work: Work) -> None:
    left, right = sides(row["leg"])
    with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
        st.markdown(f"## {words(row['break_type'])}")
        if st.button("Open", icon=":material/arrow_forward:", icon_position="right", key="open"):
            links.go("record", item=row["item_id"])
    st.markdown(
        f"{left} **{money(row['left_minor'], row['currency'])}**  \n"
        f"{right} **{money(row['right_minor'], row['currency'])}**  \n"
        f":red[Difference **{money(row['difference_minor'], row['currency'])}**]"
    )
    owner = work.owners.get(row["item_id"], "nobody")
    claim = work.claims.get(row["item_id"])
    due = f" · due by {day(row['deadline'])}" if row["deadline"] else ""
    st.markdown(
        f":gray[{row['reference'] or NOTHING}  \n{day(row['business_date'])}{due}  \n"
        f"Owner {owner}{f' · claim {claim}' if claim else ''}]"
    )


def _several(selected: list[Row]) -> None:
    st.markdown(f"## {plural(len(selected), 'break')}")
    sums: dict[str, int] = {}
    for row in selected:
        sums[row["currency"]] = sums.get(row["currency"], 0) + int(row["difference_minor"])
    together = ", ".join(
        f"**{money(minor, currency)}**" for currency, minor in sorted(sums.items())
    )
    st.markdown(f"Differences come to {together}")


def history(context: Context, who: Person, work: Work, item: str) -> None:
    """What was decided on an item, newest first, each with a way to undo it."""
    found = work.on_items.get(item, [])
    if found:
        st.markdown("##### So far")
    for standing in reversed(found):
        decision = standing.decision
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f"{work.summary(standing)}  \n:gray[:small[{decision.actor}, "
                f"{decision.decided_at[:16].replace('T', ' ')} UTC · {work.state(standing)}]]"
            )
            if decision.kind == "attach":
                _download(context, decision.then)
            if (
                context.is_current
                and who.role in DECIDING_ROLES
                and st.button(
                    "Revoke",
                    icon=":material/undo:",
                    type="tertiary",
                    key=f"revoke_{decision.decision_id}",
                    help="Undo it, by a decision of its own; it takes effect with the next run.",
                )
            ):
                deciding.answer(context, who, "revoke", decision.decision_id)


def _download(context: Context, then: dict[str, str]) -> None:
    try:
        content = data.desk(context.home).attachments.read(then["sha256"])
    except DecisionRefused as error:
        st.caption(str(error))
        return
    st.download_button(
        "File",
        content,
        file_name=then["name"],
        mime="application/octet-stream",
        type="tertiary",
        icon=":material/attach_file:",
        on_click="ignore",
        key=f"file_{then['sha256']}",
        help=f"SHA-256 {then['sha256']}",
    )


def _records(context: Context, row: Row) -> None:
    records = record_queries.records(context, row["item_id"], limit=RECORDS_SHOWN)
    if records:
        st.markdown("##### Records")
    names = dict(zip(("left", "right"), sides(row["leg"]), strict=True))
    for record in records:
        st.markdown(
            f":gray[{names[record['side']]}] "
            f"{money(record['amount_minor'], record['currency'])}  \n"
            f":small[`{record['origin']}:{record['source_line']}`]"
        )
    more = int(row["left_count"]) + int(row["right_count"]) - len(records)
    if more > 0:
        st.caption(f"and {plural(more, 'more record', 'more records')}")
