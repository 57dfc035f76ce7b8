"""What the codes of ACH returns and notifications of change mean, in a few words."""

from __future__ import annotations

import re

_REASONS = {
    "R01": "insufficient funds",
    "R02": "account closed",
    "R03": "no account, or it cannot be found",
    "R04": "invalid account number",
    "R05": "unauthorised corporate debit to a consumer account",
    "R06": "returned at the request of the originator's bank",
    "R07": "authorisation revoked",
    "R08": "payment stopped",
    "R09": "uncollected funds",
    "R10": "customer says the debit is not authorised",
    "R11": "not in accordance with the authorisation",
    "R12": "account sold to another bank",
    "R13": "bank does not take part",
    "R14": "representative payee deceased or unable to act",
    "R15": "account holder or beneficiary deceased",
    "R16": "account frozen",
    "R17": "fields rejected by the receiving bank",
    "R18": "improper effective date",
    "R19": "amount field error",
    "R20": "account takes no such transactions",
    "R21": "invalid company identification",
    "R22": "invalid individual identification",
    "R23": "credit refused by the receiver",
    "R24": "duplicate entry",
    "R25": "addenda error",
    "R26": "mandatory field error",
    "R27": "trace number error",
    "R28": "routing number check digit error",
    "R29": "corporate customer says the debit is not authorised",
    "R30": "bank does not take part in check truncation",
    "R31": "permissible return of a corporate entry",
    "R32": "receiving bank cannot settle",
    "R33": "return of a destroyed check entry",
    "R34": "bank may take part only in a limited way",
    "R35": "improper debit",
    "R36": "improper credit",
    "R37": "source document presented for payment",
    "R38": "payment of the source document stopped",
    "R39": "improper source document",
    "R40": "enrolment returned by the agency",
    "R41": "enrolment: invalid transaction code",
    "R42": "enrolment: routing number error",
    "R43": "enrolment: invalid account number",
    "R44": "enrolment: invalid individual identification",
    "R45": "enrolment: invalid name",
    "R46": "enrolment: invalid representative payee",
    "R47": "enrolment: duplicate",
    "R50": "state law on re-presented checks",
    "R51": "re-presented check ineligible or improper",
    "R52": "payment of a re-presented check stopped",
    "R53": "check and its re-presentment both presented",
    "R61": "dishonoured return: misrouted",
    "R62": "dishonoured return: of an erroneous or reversing debit",
    "R67": "dishonoured return: duplicate",
    "R68": "dishonoured return: too late",
    "R69": "dishonoured return: field errors",
    "R70": "dishonoured return: not accepted or not requested",
    "R71": "contested dishonoured return: misrouted",
    "R72": "contested dishonoured return: too late",
    "R73": "contested dishonoured return: the return was in time",
    "R74": "contested dishonoured return: corrected return",
    "R75": "contested dishonoured return: no duplicate",
    "R76": "contested dishonoured return: no errors found",
    "R77": "contested dishonoured return: of an erroneous or reversing debit",
    "R80": "international entry: coding error",
    "R81": "international entry: bank does not take part",
    "R82": "international entry: invalid foreign bank",
    "R83": "international entry: foreign bank cannot settle",
    "R84": "international entry: not processed by the gateway",
    "R85": "international payment coded as a domestic one",
}
_RETURN = re.compile(r"R[0-9]{2}")
_CHANGE = re.compile(r"C[0-9]{2}")
_DISHONOURED, _CONTESTED = range(61, 71), range(71, 80)


def reason(code: str) -> str:
    """A return reason with its meaning; `ValueError` if it is no return reason."""
    if not _RETURN.fullmatch(code):
        raise ValueError(f"the return reason {code!r} is not R and two digits")
    return f"{code} {_REASONS[code]}" if code in _REASONS else code


def change(code: str) -> str:
    """A change code; `ValueError` if it is none."""
    if not _CHANGE.fullmatch(code):
        raise ValueError(f"the change code {code!r} is not C and two digits")
    return code


def is_dishonoured(code: str) -> bool:
    """Whether the originator's bank sends the return itself back, so that money moves again."""
    return int(code[1:]) in _DISHONOURED


def follows_return(code: str) -> bool:
    """Whether it answers a return: one that is dishonoured, or the answer to that, contested."""
    return is_dishonoured(code) or int(code[1:]) in _CONTESTED
