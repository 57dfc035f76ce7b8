"""The legs that records take part in, and those that leave them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tieout.explain.store import Row, Store
from tieout.explain.story import Amount, Candidate, LeftOut, Leg, Side, Standing
from tieout.explain.words import COMPARED, REASONS, meaning, plural, words

# Items that are told one by one; of a payout's thousands of lines the sums are told.
LEGS_MAX = 24
CANDIDATES_MAX = 20
_STATUS_ORDER = ("broken", "in_transit", "written_off", "matched_within_tolerance", "matched")


class Legs:
    """The legs of an edition, with their titles and policies where it publishes them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        rows = store.published("select * from rpt_legs") if store.has("rpt_legs") else []
        self.policies = {row["leg"]: row for row in rows}

    def title(self, leg: str) -> str:
        """The leg in words."""
        return str(self.policies[leg]["title"]) if leg in self.policies else words(leg)

    def place(self, leg: str) -> tuple[int, str]:
        """Its place on the road, for an order; a leg without one comes last."""
        return (self.policies[leg]["place"] if leg in self.policies else 99, leg)

    def of(self, record_ids: Sequence[str], item_ids: Sequence[str]) -> tuple[list[Leg], int]:
        """The items of some records and these items; the broken first, and how many are cut."""
        rows = self.store.published(
            "select * from fct_reconciliation_items where item_id in (select unnest($items))"
            " or item_id in (select item_id from fct_reconciliation_members"
            " where record_id in (select unnest($records)) and item_id is not null)",
            items=list(item_ids),
            records=list(record_ids),
        )
        rows += self._grouped_alike(rows)
        rows.sort(key=self._order)
        sides = self._sides([row["item_id"] for row in rows[:LEGS_MAX]])
        return [self._leg(row, sides) for row in rows[:LEGS_MAX]], max(0, len(rows) - LEGS_MAX)

    def _grouped_alike(self, rows: Sequence[Row]) -> list[Row]:
        """The items of legs that are grouped as those of the rows, and are not among them."""
        alike = {
            (leg, row["match_key"])
            for leg, policy in self.policies.items()
            for row in rows
            if policy.get("grouped_as") == row["leg"]
        }
        if not alike:
            return []
        return self.store.published(
            "select * from fct_reconciliation_items where match_key in (select unnest($keys))"
            " and leg in (select unnest($legs)) and item_id not in (select unnest($known))",
            keys=sorted({key for _, key in alike}),
            legs=sorted({leg for leg, _ in alike}),
            known=[row["item_id"] for row in rows],
        )

    def _order(self, row: Row) -> tuple[object, ...]:
        known = row["status"] in _STATUS_ORDER
        status = _STATUS_ORDER.index(row["status"]) if known else len(_STATUS_ORDER)
        return (status, self.place(row["leg"]), row["item_id"])

    def _sides(self, items: Sequence[str]) -> dict[tuple[str, str], list[Row]]:
        """Records and sums of each side of each item, by currency."""
        sides: dict[tuple[str, str], list[Row]] = {}
        for row in self.store.published(
            "select item_id, side, currency, count(*) as records,"
            " cast(sum(amount_minor) as varchar) as minor from fct_reconciliation_members"
            " where item_id in (select unnest($items)) group by all order by all",
            items=list(items),
        ):
            sides.setdefault((row["item_id"], row["side"]), []).append(row)
        return sides

    def _leg(self, row: Row, sides: Mapping[tuple[str, str], list[Row]]) -> Leg:
        policy = self.policies.get(row["leg"], {})
        left, right = (
            _side(policy.get(f"{side}_side") or side, sides.get((row["item_id"], side), []))
            for side in ("left", "right")
        )
        is_one_currency = row["break_type"] != "currency_mismatch"
        difference = Amount.of(row["difference_minor"], row["currency"])
        return Leg(
            leg=row["leg"],
            title=self.title(row["leg"]),
            item_id=row["item_id"],
            reference=row["reference"],
            status=row["status"],
            match_pass=row["match_pass"],
            break_type=row["break_type"],
            meaning=meaning(row["status"], row["match_pass"], row["break_type"]),
            sentence=_sentence(row, left, right),
            rule=_rule(policy) if policy else None,
            match_key=row["match_key"],
            compared=_compared(row),
            left=left,
            right=right,
            difference=difference if is_one_currency else None,
            business_date=row["business_date"].isoformat(),
            deadline=row["deadline"].isoformat() if row["deadline"] else None,
            as_of=row["as_of"].isoformat(),
            age_days=row["age_days"],
            candidate_count=row.get("candidate_count"),
            is_ambiguous=bool(row.get("is_ambiguous")),
            candidates=self._candidates(row, policy),
        )

    def _candidates(self, row: Row, policy: Row) -> tuple[Candidate, ...]:
        """What an ambiguous item could be part of: open on the other side, in its window."""
        if not row.get("is_ambiguous") or not policy:
            return ()
        is_entry = not row["left_count"]
        other = (
            "left_count > 0 and right_count = 0 and business_date <= $day::date"
            " and business_date + $days::integer >= $day::date"
            if is_entry
            else "left_count = 0 and match_key like 'record|%' and business_date >= $day::date"
            " and business_date <= $day::date + $days::integer"
        )
        found = self.store.published(
            "select item_id, reference, left_minor + right_minor as minor, currency, business_date"
            f" from fct_reconciliation_items where leg = $leg and {other}"
            " and processor is not distinct from $processor and currency = $currency"
            f" and status in ('in_transit', 'broken') order by business_date, item_id"
            f" limit {CANDIDATES_MAX}",
            leg=row["leg"],
            day=row["business_date"],
            days=policy["netting_window_days"],
            processor=row["processor"],
            currency=row["currency"],
        )
        return tuple(
            Candidate(
                one["item_id"],
                one["reference"],
                Amount.of(one["minor"], one["currency"]),
                one["business_date"].isoformat(),
            )
            for one in found
        )

    def left_out(self, record_ids: Sequence[str]) -> tuple[LeftOut, ...]:
        """The legs that do not reconcile some of the records, and why."""
        rows = self.store.published(
            "select leg, source_table, excluded_reason as reason, count(*) as records"
            " from fct_reconciliation_members where excluded_reason is not null"
            " and record_id in (select unnest($records)) group by all",
            records=list(record_ids),
        )
        rows.sort(key=lambda row: (self.place(row["leg"]), row["source_table"], row["reason"]))
        return tuple(
            LeftOut(
                leg=row["leg"],
                title=self.title(row["leg"]),
                source_table=row["source_table"],
                reason=row["reason"],
                meaning=REASONS.get(row["reason"], words(row["reason"])),
                records=row["records"],
            )
            for row in rows
        )

    def standings(self, where: str, **parameters: object) -> tuple[Standing, ...]:
        """How many lines of the members of a condition stand how, on each leg."""
        rows = self.store.published(
            "select m.leg, coalesce(i.status, 'excluded') as status,"
            " count(distinct (m.source_file_sha256, m.source_line)) as lines"
            f" from (from fct_reconciliation_members where {where}) as m"
            " left join fct_reconciliation_items as i using (item_id) group by all",
            **parameters,
        )
        rows.sort(key=lambda row: (self.place(row["leg"]), row["status"]))
        return tuple(
            Standing(row["leg"], self.title(row["leg"]), row["status"], row["lines"])
            for row in rows
        )


def _side(name: str, rows: Sequence[Row]) -> Side:
    amounts = tuple(Amount.of(int(row["minor"]), row["currency"]) for row in rows)
    return Side(name, sum(row["records"] for row in rows), amounts)


def _said(side: Side) -> str:
    return " and ".join(amount.text for amount in side.amounts)


def _sentence(row: Row, left: Side, right: Side) -> str:
    """The item in a sentence, from the sides that it has."""
    here, there = (left, right) if left.records else (right, left)
    if row["status"] == "in_transit":
        return f"{_said(here)} is on its way to {there.name.lower()}"
    if row["status"].startswith("matched"):
        both = f"{left.name} and {right.name.lower()} agree on {_said(left)}"
        off = row["difference_minor"]
        return f"{both}, off by {Amount.of(off, row['currency']).text}" if off else both
    if row["break_type"] == "status_mismatch":
        return f"{_said(here)} moved in {here.name.lower()}, not so in {there.name.lower()}"
    if not there.records:
        return f"{_said(here)} is missing in {there.name.lower()}"
    if row["break_type"] == "currency_mismatch":
        return f"{left.name} says {_said(left)} and {right.name.lower()} {_said(right)}"
    more, less = (left, right) if row["difference_minor"] > 0 else (right, left)
    off = Amount.of(abs(row["difference_minor"]), row["currency"])
    return f"{off.text} more in {more.name.lower()} than in {less.name.lower()}"


def _rule(policy: Row) -> str:
    """The policy of a leg in words."""
    minor, bps = policy["tolerance_minor"], policy["tolerance_bps"]
    parts = [f"{plural(minor, 'minor unit')} off counts as equal"] if minor else []
    parts += [f"{bps} basis points off counts as equal"] if bps else []
    parts = parts or ["equal to the minor unit"]
    # Editions of before have no calendar.
    day = "business day" if policy.get("calendar") else "day"
    if policy["deadline_days"]:
        parts.append(f"in transit for {plural(policy['deadline_days'], day)}")
    if policy["missing_days"] > policy["deadline_days"]:
        parts.append(f"late until {day} {policy['missing_days']}")
    if policy["netting_window_days"]:
        parts.append(f"netted over {plural(policy['netting_window_days'], 'day')}")
    return ", ".join(parts)


def _compared(row: Row) -> str:
    """What the records of the item have in common, in words."""
    if row["match_key"].startswith("record|"):
        return "nothing: the record names nothing to be found by"
    return COMPARED.get(row["leg"], "the match key")
