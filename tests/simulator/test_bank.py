"""The bank statements of three formats: they close, follow each other and book the payouts."""

from collections import Counter, defaultdict
from itertools import pairwise

from tests.simulator.conftest import WORLDS
from tests.simulator.reading import Line, World, business_day_after


def test_each_bank_has_a_format_of_its_own(any_clean: World) -> None:
    formats = {(s.account[2:], s.currency, s.file.split("-")[0]) for s in any_clean.statements}
    for account, currency, form in formats:
        if account.startswith("00TDEM101"):
            assert form == "bank/mt940"
        else:
            assert form == ("bank/bai2" if currency == "USD" else "bank/camt053")
    assert len({form for *_, form in formats}) == 3


def test_statements_close_and_follow_each_other(any_world: World) -> None:
    wrong = {(e["file"], e["reference"]): e for e in any_world.errors if e["leg"] == "files"}
    assert all(e["error_type"] == "statement_balance_wrong" for e in wrong.values())
    off = {}
    for statement in any_world.statements:
        difference = statement.closing - statement.opening - statement.moved
        if difference:
            off[statement.file, statement.account] = difference
            assert wrong[statement.file, statement.account]["currency"] == statement.currency
        assert all(str(entry.day).startswith(statement.month) for entry in statement.entries)
    assert off == {place: error["amount_minor"] for place, error in wrong.items()}
    for before, after in pairwise(any_world.statements):
        if before.account == after.account:
            # What was stated wrongly does not carry over.
            assert after.opening == before.opening + before.moved


def test_wrong_balances_are_planted_in_all_formats(world_of) -> None:
    files = {
        error["file"][:8]
        for seed in WORLDS
        for error in world_of("flawed", seed).errors
        if error["error_type"] == "statement_balance_wrong"
    }
    assert files == {"bank/bai", "bank/cam", "bank/mt9"}


def payouts(world: World) -> dict[str, Line]:
    return {line.bank_reference: line for line in world.lines if line.kind == "payout"}


def test_the_bank_differs_from_payouts_where_the_truth_says_so(any_world: World) -> None:
    stated = payouts(any_world)
    netted = any_world.planted("payouts_netted")
    pairs = netted_pairs(any_world, stated, netted)
    cut_off = any_world.planted("file_truncated", "payout_bank")
    booked, others, accounts = defaultdict(list), [], {}
    for statement in any_world.statements:
        for entry in statement.entries:
            if entry.payout:
                booked[entry.payout].append(entry)
                accounts[entry.payout] = statement
            elif "COLLECTIVE" in entry.text:
                others.append((statement.account, entry.day, entry.amount))
    found = defaultdict(dict)
    for reference, entries in booked.items():
        line, amounts = stated.get(reference), [entry.amount for entry in entries]
        if line is None:
            kind = "file_truncated" if reference in cut_off else "bank_entry_unknown"
            found[kind][reference] = amounts[0]
            continue
        assert accounts[reference].currency == line.currency
        assert {entry.day for entry in entries} == {business_day_after(line.paid_on)}
        if len(entries) == 2:
            assert entries[0] == entries[1]  # the bank's own reference too
            found["bank_entry_duplicated"][reference] = amounts[0]
        elif amounts[0] != -line.net:
            found["bank_amount_wrong"][reference] = -line.net - amounts[0]
    in_pairs = {reference for pair in pairs for reference in pair}
    for reference in stated.keys() - booked.keys() - in_pairs:
        line = stated[reference]
        if business_day_after(line.paid_on) <= any_world.last_day:
            found["bank_entry_missing"][reference] = -line.net
    expected = {
        kind: {reference: e["amount_minor"] for reference, e in any_world.planted(kind).items()}
        for kind in found
        if kind != "file_truncated"
    }
    truncated = {
        reference: error["amount_minor"]
        for reference, error in cut_off.items()
        if error["break_type"] == "unknown_reference"
    }
    assert found.pop("file_truncated", {}) == truncated
    assert found == expected
    assert in_pairs.isdisjoint(booked)
    sums = Counter(
        (
            account_of(any_world, stated[second]),
            business_day_after(stated[second].paid_on),
            -stated[first].net - stated[second].net,
        )
        for first, second in pairs
    )
    assert Counter(others) == sums


def account_of(world: World, line: Line) -> str:
    """The account that a processor pays to, by the chart of accounts."""
    return next(
        row["bank_account"]
        for row in world.csv_rows("company/chart_of_accounts.csv")
        if row["role"] == "cash"
        if (row["processor"], row["currency"]) == (line.processor, line.currency)
    )


def netted_pairs(world: World, stated, netted) -> list[tuple[str, str]]:
    """Each netted payout with the one that its account was paid before."""
    before, pairs = {}, []
    for reference, line in sorted(stated.items(), key=lambda item: str(item[1].paid_on)):
        if line.processor != "stripe":
            continue
        if reference in netted:
            first = before[line.currency]
            assert 0 < (line.paid_on - stated[first].paid_on).days <= 4
            pairs.append((first, reference))
        before[line.currency] = reference
    assert len(pairs) == len(netted)
    return pairs


def test_negative_payouts_are_debits(any_clean: World) -> None:
    stated = payouts(any_clean)
    taken = {reference: line for reference, line in stated.items() if line.net > 0}
    debits = {
        entry.payout: entry.amount
        for statement in any_clean.statements
        for entry in statement.entries
        if entry.amount < 0 and entry.payout
    }
    assert debits == {
        reference: -line.net
        for reference, line in taken.items()
        if business_day_after(line.paid_on) <= any_clean.last_day
    }


def test_the_company_also_pays_for_what_no_processor_has_to_do_with(any_clean: World) -> None:
    texts = {
        (statement.currency, entry.text.split(" 20")[0].removesuffix(statement.month))
        for statement in any_clean.statements
        for entry in statement.entries
        if entry.amount < 0 and not entry.payout
    }
    assert {currency for currency, _ in texts} == {"USD"}
    assert {text.split()[0] for _, text in texts} == {"Rent", "Hosting", "Salaries"}
