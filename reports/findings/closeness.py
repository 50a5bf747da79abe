"""What the opening says of closeness: the best direction that an approximate estimator gives, and what it costs."""

from collections.abc import Sequence

from reports.findings.subject import Offer, Subject
from reports.text import interval, listed, number
from reports.worth import ends


def clause(subject: Subject) -> str:
    """The highest mean cosine, with all those whose intervals do not lie below its own."""
    members = [row for row in subject.approximate if row["cosine"] > 0 and not row["remembers"]]
    if not members:
        return ""
    best = max(members, key=lambda row: float(row["cosine"]))
    value, low, high = (best[end] for end in ends("cosine"))
    cosine = interval(value, low, high, digits=3)
    if len(members) == 1:
        return f"{best['label']} has a mean cosine of {cosine}{_at(members)}"
    rivals = [row for row in members if not row["cosine_high"] < best["cosine_low"]]
    if len(rivals) == 1:
        return f"{best['label']} comes closest in direction: a mean cosine of {cosine}{_at(rivals)}"
    if len(rivals) == len(members):
        highest = f"the highest mean cosine measured is {cosine} ({best['label']})"
        return f"none of {len(members)} is surely closest in direction; {highest}"
    told = f"{listed([row['label'] for row in rivals], 4)} come closest in direction and cannot be told apart"
    return f"{told}: mean cosines of up to {cosine}{_at(rivals)}"


def _at(members: Sequence[Offer]) -> str:
    """The price of it, where it is known of all."""
    prices = [row["multiple"] for row in members]
    if not all(price > 0 for price in prices):
        return ""
    low, high = number(min(prices)), number(max(prices))
    return f", at {low if low == high else f'{low} to {high}'} base forward passes"
