"""What a storm comes to, in figures."""

import resource
from bisect import bisect_left
from collections import Counter

from support.ledger import KINDS


def typical(values):
    return sorted(values)[len(values) // 2]


def is_well(turn):
    """It ended as its person wanted it to, within their time limit."""
    return turn.is_kept or getattr(turn, "why", "") == "stopped"


def _first_kept_after(turns):
    """A function: seconds from a time until a turn that was sent after it was kept; None: there is
    none."""
    kept = sorted((turn.sent_at, turn.ended_at) for turn in turns if turn.is_kept)
    sent = [at for at, _ in kept]
    soonest = [ended for _, ended in kept]
    for i in range(len(soonest) - 2, -1, -1):
        soonest[i] = min(soonest[i], soonest[i + 1])

    def after(at):
        i = bisect_left(sent, at)
        return soonest[i] - at if i < len(sent) else None
    return after


def _recovery(kind, blows, first_kept_after):
    """One line about all blows of a kind."""
    back = [blow.back for blow in blows if blow.back is not None]
    kept = [wait for wait in map(first_kept_after, (blow.at for blow in blows)) if wait is not None]
    line = f"  {kind:15} {len(blows):5} x"
    if back:
        line += f"   back after {typical(back):6.2f} s, at most {max(back):6.2f} s"
    if kept:
        line += f"   a turn kept after {typical(kept):6.2f} s, at most {max(kept):6.2f} s"
    if len(back) < len(blows):
        line += f"   ({len(blows) - len(back)} struck again before)"
    return line


def summary(turns, blows, found, seconds):
    ends = Counter(turn.end for turn in turns)
    kept = sum(turn.is_kept for turn in turns)
    failed = [turn for turn in turns if not is_well(turn)]
    took = sorted(turn.ended_at - turn.asked_at for turn in turns if turn.is_kept) or [0]
    tries = Counter(len(turn.tries) for turn in turns)
    after = _first_kept_after(turns)
    retried = Counter(one.split(" ", 2)[2] for turn in turns for one in turn.tries[:-1])
    lines = [
        f"turns: {len(turns)} asked, {kept} acknowledged in {seconds:.0f} s ({kept / seconds:.0f} "
        "a second): "
        + ", ".join(f"{count} {end}" for end, count in ends.most_common()),
        f"availability after retries: {100 * (1 - len(failed) / max(1, len(turns))):.3f} %"
        f" ({len(failed)} of {len(turns)} failed"
        + "".join(f", {count} x {why}" for why, count in
                  Counter(getattr(turn, "why", "?") for turn in failed).most_common()) + ")",
        f"a kept turn took {1000 * typical(took):.0f} ms, 99 of 100 at most "
        f"{took[len(took) * 99 // 100]:.2f} s,"
        f" the longest {took[-1]:.2f} s",
        f"tries: {100 * tries[1] / max(1, len(turns)):.2f} % needed one, the most were "
        f"{max(tries, default=0)};"
        " sent again after "
        + ", ".join(f"{count} x {why}" for why, count in retried.most_common()),
        f"sent again though kept: {sum(len(turn.again) for turn in turns)}",
        f"kills: {sum('paused' not in blow.kind for blow in blows)}, by kind, and how long "
        "recovery took:",
    ]
    lines += [_recovery(kind, [blow for blow in blows if blow.kind == kind], after)
              for kind in sorted({blow.kind for blow in blows})]
    people = resource.getrusage(resource.RUSAGE_SELF)
    lines.append(
        f"the people themselves used {(people.ru_utime + people.ru_stime) / seconds:.2f} of a core"
    )
    lines += [
        f"{count} x {kind}: {KINDS[kind]}"
        for kind, count in Counter(one.kind for one in found).most_common()
    ]
    return "\n".join(lines)
