"""Amounts of money in the capital characters that documents use (大写).

Decided here: the form of cheques and opening tables, 壹佰贰拾万元整. Exact on decimals; a third
decimal place is an error, never cut. Source: rules for filling in bills and settlement vouchers
(支付结算办法, annex 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from decimal import Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "兆")
LIMIT = 10 ** (4 * len(GROUPS))
"""Yuan from which there is no group character left; no tender comes near."""

FEN_IN_YUAN = 100


def capitals(amount: Decimal) -> str:
    """Return an amount in CNY in capitals; InputError `not_money` beyond fen or the limit."""
    fen = amount * FEN_IN_YUAN
    if fen != int(fen) or abs(amount) >= LIMIT:
        raise InputError("not_money", field="amount", detail="must be whole fen")
    yuan, rest = divmod(abs(int(fen)), FEN_IN_YUAN)
    sign = "负" if amount < 0 else ""
    whole = f"{_whole(yuan)}元" if yuan or not rest else ""
    return sign + whole + _part(rest, after_yuan=bool(yuan))


def _whole(yuan: int) -> str:
    if yuan == 0:
        return DIGITS[0]
    text = ""
    for order in reversed(range(len(GROUPS))):
        group = yuan // 10 ** (4 * order) % 10_000
        if group:
            gap = text and (group < 1_000 or _gap_before(yuan, order))  # a full group
            text += ("零" if gap else "") + _group(group) + GROUPS[order]
    return text


def _gap_before(yuan: int, order: int) -> bool:
    """Whether the next higher group is empty or ends in a zero place."""
    above = yuan // 10 ** (4 * (order + 1)) % 10_000
    return bool(above == 0)


def _group(group: int) -> str:
    text, gap = "", False
    for place in reversed(range(4)):
        digit = group // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + PLACES[place]
        gap = digit == 0
    return text


def _part(rest: int, *, after_yuan: bool) -> str:
    jiao, fen = divmod(rest, 10)
    if rest == 0:
        return "整"
    if jiao == 0:
        return ("零" if after_yuan else "") + f"{DIGITS[fen]}分"
    return f"{DIGITS[jiao]}角" + (f"{DIGITS[fen]}分" if fen else "整")
