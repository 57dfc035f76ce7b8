"""How reports are delivered: on time, once more, cut off in the middle, or wrongly at first."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from tests.simulator.reading import World
from tieout.simulator import ErrorRates

DELIVERIES = ("file_truncated", "file_redelivered", "report_restated")


def delivered_at(world: World, name: str) -> datetime:
    return datetime.fromtimestamp((world.inbox / name).stat().st_mtime, UTC)


def test_files_come_after_all_that_is_in_them(any_world: World) -> None:
    for name, lines in any_world.every_line.items():
        last = max(line.at for line in lines)
        assert timedelta(0) < delivered_at(any_world, name) - last < timedelta(days=40)
    for statement in any_world.statements:
        days = [entry.day for entry in statement.entries]
        assert delivered_at(any_world, statement.file).date() > max(days, default=date.min)
    now = datetime.now(UTC)
    assert all(
        delivered_at(any_world, path.relative_to(any_world.inbox).as_posix()) < now
        for path in any_world.inbox.rglob("*")
        if path.is_file()
    )


def test_a_file_that_is_delivered_again_has_the_same_bytes_later(any_flawed: World) -> None:
    planted = {e["file"]: e for e in any_flawed.planted("file_redelivered").values()}
    written = {
        p.relative_to(any_flawed.inbox).as_posix() for p in any_flawed.inbox.rglob("*_again*")
    }
    assert written == set(planted)
    for name, error in planted.items():
        first = name.replace("_again", "")
        assert (any_flawed.inbox / first).read_bytes() == (any_flawed.inbox / name).read_bytes()
        assert delivered_at(any_flawed, name) - delivered_at(any_flawed, first) == timedelta(days=1)
        assert error["reference"] in (any_flawed.inbox / name).read_text()


def test_a_restated_report_differs_in_one_line_and_its_payout(any_flawed: World) -> None:
    planted = {e["file"]: e for e in any_flawed.planted("report_restated").values()}
    written = {
        p.relative_to(any_flawed.inbox).as_posix() for p in any_flawed.inbox.rglob("*_rest*")
    }
    assert written == set(planted)
    for name, error in planted.items():
        first = name.replace("_restated", "")
        before, after = any_flawed.every_line[first], any_flawed.every_line[name]
        assert delivered_at(any_flawed, name) - delivered_at(any_flawed, first) == timedelta(days=3)
        changed = [
            (old, new)
            for old, new in zip(before, after, strict=True)
            if replace(old, file="") != replace(new, file="")
        ]
        ((charge, right), (payout, stated)) = sorted(changed, key=lambda pair: pair[0].kind)
        assert (charge.kind, payout.kind) == ("charge", "payout")
        assert charge.payout == payout.payout
        # Each delivery ties out in itself; the second is what really was.
        more = charge.gross - right.gross
        assert more == right.gross // 10 + 1
        assert charge.seen - right.seen == charge.net - right.net == more
        assert payout.net - stated.net == -more
        same = {"gross": 0, "net": 0, "seen": 0, "file": ""}
        assert replace(charge, **same) == replace(right, **same)
        payment = any_flawed.captured[right.reference]
        assert right.seen == payment["captured_minor"]
        assert stated.bank_reference == payout.bank_reference == error["reference"]


def test_other_errors_of_a_restated_report_name_the_file_that_counts(any_flawed: World) -> None:
    restated = {
        e["file"].replace("_restated", "") for e in any_flawed.planted("report_restated").values()
    }
    assert restated.isdisjoint(error["file"] for error in any_flawed.errors)


@pytest.fixture(scope="module", params=[7, 8])
def cut(make_world, request) -> tuple[World, World]:
    """The same company, one with reports that are cut off and one with all of them whole."""
    rates = ErrorRates.only(file_truncated=Fraction(1, 4))
    return make_world(rates, seed=request.param), make_world(ErrorRates.none(), seed=request.param)


def test_what_is_cut_off_is_what_the_truth_says(cut: tuple[World, World]) -> None:
    world, whole = cut
    planted = defaultdict(list)
    for error in world.errors:
        assert error["error_type"] == "file_truncated"
        planted[error["error_id"]].append(error)
    differing = {
        name
        for name, sha256 in whole.hashes().items()
        if name.startswith("inbox") and world.hashes()[name] != sha256
    }
    assert {f"inbox/{error['file']}" for error in world.errors} == differing
    assert len(planted) == len(differing) > 2
    for errors in planted.values():
        name = errors[0]["file"]
        full, part = ((w.inbox / name).read_text() for w in (whole, world))
        assert full.startswith(part)
        last, rest = part.rpartition("\n")[2], full[len(part) :]
        assert last
        assert not rest.startswith("\n")  # the line goes on
        kept = world.every_line[name]
        lost = whole.every_line[name][len(kept) :]
        (payment,) = [line for line in lost if line.payment_id]
        (payout,) = [line for line in lost if line.kind == "payout"]
        found = {
            (
                "payment_settlement",
                "missing_in_settlement",
                payment.reference,
                payment.label,
                payment.seen,
            ),
            # The lines that are left have no payout, and the bank's entry has no lines.
            (
                "payout_bank",
                "missing_in_bank",
                f"{whole_account(whole, name)}/{payout.payout}",
                payout.currency,
                abs(sum(line.net for line in kept)),
            ),
            (
                "payout_bank",
                "unknown_reference",
                payout.bank_reference,
                payout.currency,
                -payout.net,
            ),
        }
        columns = ("leg", "break_type", "reference", "currency", "amount_minor")
        assert {tuple(error[column] for column in columns) for error in errors} == found
        assert {e["payment_id"] for e in errors} == {None, payment.payment_id}


def whole_account(world: World, name: str) -> str:
    return next(world.csv_rows(name))["Merchant Account"]


def test_what_is_cut_off_is_booked_and_posted_all_the_same(cut: tuple[World, World]) -> None:
    world, whole = cut
    assert world.statements == whole.statements
    ledgers = [{name: sha for name, sha in w.hashes().items() if "/company/" in name} for w in cut]
    assert ledgers[0] == ledgers[1]


def test_a_payout_in_a_delivery_s_truth_has_no_error_of_its_own(make_world) -> None:
    share = Fraction(1, 5)
    rates = ErrorRates.only(
        file_redelivered=share,
        report_restated=share,
        payout_total_wrong=Fraction(1, 8),
        bank_entry_missing=Fraction(1, 8),
        payouts_netted=Fraction(1, 8),
    )
    world = make_world(rates)
    named, wrong = set(), set()
    for error in world.errors:
        (named if error["error_type"] in DELIVERIES else wrong).add(error["reference"])
    assert named
    assert named.isdisjoint(wrong)
    booked = {entry.payout for statement in world.statements for entry in statement.entries}
    assert named <= booked


def test_each_report_is_delivered_in_one_way_only(any_flawed: World) -> None:
    counts = Counter()
    for name in DELIVERIES:
        files = {e["file"] for e in any_flawed.errors if e["error_type"] == name}
        counts.update(f.replace("_again", "").replace("_restated", "") for f in files)
    assert set(counts.values()) == {1}
