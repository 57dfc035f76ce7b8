"""The bank statements of three formats: they close, follow each other and book the payouts."""

from collections import Counter, defaultdict
from itertools import pairwise

from tests.simulator.conftest import WORLDS
from tests.simulator.reading import Entry, Line, World, business_day_after

BANK_ERRORS = (
    "bank_entry_missing",
    "bank_entry_unknown",
    "bank_entry_duplicated",
    "bank_amount_wrong",
)


def test_each_bank_has_a_format_of_its_own(any_clean: World) -> None:
    formats = {(s.account[2:], s.currency, s.file.split("-")[0]) for s in any_clean.statements}
    for account, currency, form in formats:
        if account.startswith("00TDEM101"):
            assert form == "bank/mt940"
        else:
            assert form == ("bank/bai2" if currency == "USD" else "bank/camt053")
    assert len({form for *_, form in formats}) == 3


def test_statements_close_and_follow_each_other(any_world: World) -> None:
    off = {}
    for statement in any_world.statements:
        difference = statement.closing - statement.opening - statement.moved
        if difference:
            reference = f"{statement.account} {statement.closed_on}"
            off[reference] = (statement.file, statement.currency, difference)
        assert all(str(entry.day).startswith(statement.month) for entry in statement.entries)
    for leg in ("files", "ledger_bank"):
        assert off == {
            reference: (error["file"], error["currency"], error["amount_minor"])
            for reference, error in any_world.planted("statement_balance_wrong", leg).items()
        }
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


def entries_of_payouts(world: World) -> dict[str, list[Entry]]:
    """What is booked with a payout's reference, which must be on that payout's account."""
    found = defaultdict(list)
    stated = payouts(world)
    for statement in world.statements:
        for entry in statement.entries:
            if entry.payout:
                found[entry.payout].append(entry)
                line = stated.get(entry.payout)
                if line:
                    assert statement.account == account_of(world, line)
                    assert entry.day == business_day_after(line.paid_on)
    return found


def test_the_bank_differs_from_payouts_where_the_truth_says_so(any_world: World) -> None:
    stated, booked = payouts(any_world), entries_of_payouts(any_world)
    cut_off = any_world.planted("file_truncated", "payout_bank")
    in_pairs = {reference for pair in netted_pairs(any_world) for reference in pair}
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for reference in stated.keys() | booked.keys():
        line, entries = stated.get(reference), booked.get(reference, [])
        amounts = [entry.amount for entry in entries]
        if line is None:
            kind = "file_truncated" if reference in cut_off else "bank_entry_unknown"
            found[kind][reference] = amounts[0]
        elif len(entries) == 2:
            assert entries[0] == entries[1]  # the bank's own reference too
            found["bank_entry_duplicated"][reference] = amounts[0]
        elif entries and amounts[0] != -line.net:
            found["bank_amount_wrong"][reference] = -line.net - amounts[0]
        elif not entries and business_day_after(line.paid_on) <= any_world.last_day:
            found["bank_entry_missing"][reference] = -line.net
    for reference in in_pairs:
        del found["bank_entry_missing"][reference]
    for kind in BANK_ERRORS:
        planted = any_world.planted(kind, "payout_bank")
        assert planted.keys() == any_world.planted(kind, "clearing").keys()
        expected = {reference: error["amount_minor"] for reference, error in planted.items()}
        assert found[kind] == expected
    # The bank books a payout that the company cannot read of.
    assert found["file_truncated"] == {
        reference: error["amount_minor"]
        for reference, error in cut_off.items()
        if error["break_type"] == "unknown_reference"
    }


def test_netted_payouts_are_one_entry_without_a_reference(any_world: World) -> None:
    stated = payouts(any_world)
    booked = Counter(
        (statement.account, entry.day, entry.amount)
        for statement in any_world.statements
        for entry in statement.entries
        if "COLLECTIVE" in entry.text
    )
    assert booked == Counter(
        (
            account_of(any_world, stated[second]),
            business_day_after(stated[second].paid_on),
            -stated[first].net - stated[second].net,
        )
        for first, second in netted_pairs(any_world)
    )
    texts = " ".join(e.text for statement in any_world.statements for e in statement.entries)
    for pair in netted_pairs(any_world):
        assert not [reference for reference in pair if reference in texts]


def account_of(world: World, line: Line) -> str:
    """The account that a processor pays to, by the chart of accounts."""
    return next(
        row["bank_account"]
        for row in world.csv_rows("company/chart_of_accounts.csv")
        if row["role"] == "cash"
        if (row["processor"], row["currency"]) == (line.processor, line.currency)
    )


def netted_pairs(world: World) -> list[tuple[str, str]]:
    """Each netted payout with the one that its account was paid before."""
    before: dict[str, str] = {}
    stated, netted, pairs = payouts(world), world.planted("payouts_netted", "payout_bank"), []
    for reference, line in sorted(stated.items(), key=lambda item: str(item[1].paid_on)):
        if line.processor == "stripe":
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
