"""Documents per second, one process: `python -m benchmarks.render DOCUMENT`; `--help` names the documents.

Every renderer gets the same values, makes texts of them and writes a file; it has loaded them, has its
imports and fonts ready, and has made a document before. Chromium is launched once and stays; each
document is a new page. The tables have six columns, a head on every page, shaded rows, page numbers, and
right-aligned, formatted numbers. Pressroom's also has sums, checks its request, embeds its fonts, and
reads long tables from a dataset's file. The limit is what can't be saved: formatting the same values and
zlib over them as text operators. After its rounds each PDF is read: every row number must be in the text,
or the first and last of a long table.
"""

from __future__ import annotations

import argparse
import math
import re
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

from benchmarks.kit import contents
from benchmarks.kit.budget import LEAST, SECONDS, Budget
from benchmarks.kit.contents import Content
from benchmarks.kit.contest import Contestant, is_dear, take_turns
from benchmarks.kit.figures import Figure, say, table
from benchmarks.kit.outcome import Outcome
from benchmarks.kit.pdfs import text_of
from benchmarks.kit.scratch import scratch
from benchmarks.peers.install import NODE_ROOM, PEER_PYTHON, chromium, node_peers, python_peers
from shared.settings import CHECKOUT

OURS, LIMIT = "Pressroom", "limit: formatting + zlib"
PYTHON_PEERS = {
    "reportlab platypus": "platypus",
    "fpdf2": "fpdf2",
    "WeasyPrint": "weasy",
    "Typst": "by_typst",
    "PyMuPDF": "mupdf",
}
#: rows of the table from which the time for longer ones is predicted
PROBE_ROWS = 500
#: rounds of documents that take milliseconds
SHORT_ROUNDS = 15
#: who is kept from taking all memory: MB that a row takes, measured with 10,000 rows
MEMORY_A_ROW = {"Typst": 0.095, "WeasyPrint": 0.12}
MOST_MB = 6_000
#: Of those whose rounds are dear so many are tried, and half of them with more than MANY_ROWS: all have to
#: load the values, too.
MOST_TRIED, MANY_ROWS = 4, 200_000
#: who is expected to take this many times the whole time is not tried
HOPELESS = 3.0


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.render", description=__doc__)
    parser.add_argument("document", choices=DOCUMENTS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="time for it, about")
    options = parser.parse_args()
    say(DOCUMENTS[options.document](Budget(options.seconds)).text())


def measure_report(budget: Budget) -> Outcome:
    """The small report and the document of charts."""
    outcome = Outcome()
    for content, share in ((contents.report(), 0.5), (contents.charts(), 1.0)):
        _one(content, budget.part(budget.left() * share), outcome)
    return outcome


def measure_thousand(budget: Budget) -> Outcome:
    """A table of 1,000 rows."""
    return _table(1_000, budget)


def measure_ten_thousand(budget: Budget) -> Outcome:
    """A table of 10,000 rows."""
    return _table(10_000, budget)


def measure_hundred_thousand(budget: Budget) -> Outcome:
    """A table of 100,000 rows."""
    return _table(100_000, budget)


def measure_million(budget: Budget) -> Outcome:
    """A table of 1,000,000 rows."""
    return _table(1_000_000, budget)


DOCUMENTS = {
    "report": measure_report,
    "thousand": measure_thousand,
    "ten_thousand": measure_ten_thousand,
    "hundred_thousand": measure_hundred_thousand,
    "million": measure_million,
}


def _table(rows: int, budget: Budget) -> Outcome:
    outcome = Outcome()
    _one(contents.long_table(rows), budget, outcome)
    return outcome


def _one(content: Content, budget: Budget, outcome: Outcome) -> None:
    with scratch() as name, ExitStack() as stack:
        folder = Path(name)
        everyone = _contestants(folder / "small")
        stack.callback(_stop, everyone)
        _warm(content, everyone, folder, budget)
        if content.rows > PROBE_ROWS:
            _swap(content, everyone, folder, budget)
        take_turns(everyone, folder / "out.pdf", budget, LEAST if content.rows > 1000 else SHORT_ROUNDS)
        pdfs = {one.name: folder / f"out-{one.name}.pdf" for one in everyone}
        faults = {one.name: _fault(content, pdfs[one.name]) for one in everyone if one.samples}
        outcome.parts.append(_result(content, everyone, faults, pdfs))
    _conclude(content, everyone, faults, outcome)


def _contestants(folder: Path) -> list[Contestant]:
    ours = (sys.executable, "-m", "benchmarks.kit.ours")
    everyone = [
        Contestant(OURS, (*ours, "ours", str(folder)), sure=True),
        Contestant(LIMIT, (*ours, "limit", str(folder)), sure=True),
    ]
    no_node, no_python = node_peers(), python_peers()
    document = str(folder / "document.json")
    everyone.append(Contestant("pdfkit", ("node", "contestant.js", "blocks_pdfkit", document), NODE_ROOM))
    browser = ("node", "--max-old-space-size=4096", "contestant.js", "print_chromium")
    env = {"CHROMIUM": chromium() or ""}
    everyone.append(Contestant("Chromium", (*browser, str(folder / "html.json")), NODE_ROOM, env))
    for one in everyone[2:]:
        one.out = no_node and f"not installed: {no_node}"
    if not chromium():
        everyone[-1].out = "no Chromium is installed"
    python = (str(PEER_PYTHON), "-m", "benchmarks.peers.python.contestant")
    for name, module in PYTHON_PEERS.items():
        peer = Contestant(name, (*python, f"benchmarks.peers.python.pdf.{module}", document), CHECKOUT)
        if no_python and not PEER_PYTHON.exists():
            peer.out = f"not installed: {no_python}"
        everyone.append(peer)
    return everyone


def _warm(content: Content, everyone: list[Contestant], folder: Path, budget: Budget) -> None:
    """Starts all with the document, or a short table; each makes it twice, and the second time predicts."""
    short = content if content.rows <= PROBE_ROWS else contents.long_table(PROBE_ROWS)
    short.write(folder / "small", html=True)
    for one in everyone:
        if MEMORY_A_ROW.get(one.name, 0) * content.rows > MOST_MB:
            one.out = one.out or f"over {MOST_MB / 1000:g} GB of memory: not run"
        if one.out:
            continue
        try:
            one.start(folder / "log.txt")
            taken = one.render(folder / "warm.pdf", budget.left() / 3)
            if taken * content.rows / PROBE_ROWS < budget.seconds * 2:  # else it is hopeless
                taken = one.render(folder / "warm.pdf", budget.left() / 3)
        except TimeoutError:
            one.out = f"not run: {short.name} took too long"
        except (RuntimeError, OSError) as error:
            one.out = f"failed: {error}"
        else:
            one.expected = taken * (content.rows / PROBE_ROWS if content.rows > PROBE_ROWS else 1)
        if one.out:
            one.stop()


def _swap(content: Content, everyone: list[Contestant], folder: Path, budget: Budget) -> None:
    """Starts those anew that can make the long table in the time; the new process makes a short one never."""
    _stop(everyone)
    shutil.rmtree(folder / "small")
    fitting = _worth_a_try([one for one in everyone if one.out is None], content.rows, budget)
    content.write(folder / "small", html=any(one.name == "Chromium" for one in fitting))
    for one in fitting:
        try:
            one.start(folder / "log.txt")
        except (RuntimeError, OSError) as error:
            one.out = f"failed: {error}"


def _worth_a_try(able: list[Contestant], rows: int, budget: Budget) -> list[Contestant]:
    """All that are cheap, and of the others as many as can be tried, the fastest first."""
    dear = sorted((one for one in able if is_dear(one, budget)), key=lambda one: one.expected)
    hopeful = [one for one in dear if one.expected < HOPELESS * budget.seconds]
    most = MOST_TRIED if rows <= MANY_ROWS else MOST_TRIED // 2
    return [one for one in able if one not in dear or one in hopeful[:most]]


def _stop(everyone: list[Contestant]) -> None:
    for one in everyone:
        one.stop()


def _fault(content: Content, file: Path) -> str:
    """What is wrong with a PDF; empty: nothing. The limit's file is none."""
    if file.stem.endswith(LIMIT):
        return ""
    found = text_of(file, ends_only=content.rows > contents.INLINE_ROWS)
    if found is None:
        return "not read"
    words = " ".join(found[1].split())
    there = sum(bool(re.search(rf"{re.escape(text)}(?!\d)", words)) for text in content.expected)
    return "" if there == len(content.expected) else f"{there} of {len(content.expected)} texts are there"


def _result(
    content: Content, everyone: list[Contestant], faults: dict[str, str], pdfs: dict[str, Path]
) -> str:
    ours, limit = (next((one for one in everyone if one.name == name), None) for name in (OURS, LIMIT))
    base = Figure(tuple(ours.samples)).median if ours and ours.samples else 0.0
    least = Figure(tuple(limit.samples)).median if limit and limit.samples else 0.0
    rows: list[list[object]] = []
    for one in sorted(everyone, key=lambda one: Figure(tuple(one.samples)).median if one.samples else 1e9):
        if not one.samples:
            ratio = f"> {one.at_least / base:.2f}" if one.at_least and base else ""
            ms = f"> {one.at_least * 1000:,.0f}: {one.out}" if one.at_least else one.out
            rows.append([one.name, ms, "", ratio, "", "", "", ""])
            continue
        figure = Figure(tuple(seconds * 1000 for seconds in one.samples))
        rate = f"{content.rows / figure.median * 1000:,.0f}" if content.rows else "-"
        times, share = figure.median / 1000 / base if base else 0.0, least / figure.median * 1000
        memory = f"{one.peak_mb:,.0f}"
        size = f"{pdfs[one.name].stat().st_size / 1000:,.0f}"
        note = f"{len(figure.samples)}" + (f", {faults[one.name]}" if faults.get(one.name) else "")
        rows.append([one.name, figure, rate, f"{times:.2f}", f"{share:.2f}", memory, size, note])
    head = ["renderer", "ms", "rows/s", "it : Pressroom", "limit : it", "peak MB", "kB", "rounds"]
    return f"### {content.name}\n\n{table(head, rows)}"


def _conclude(content: Content, everyone: list[Contestant], faults: dict[str, str], outcome: Outcome) -> None:
    medians = {one.name: Figure(tuple(one.samples)).median for one in everyone if one.samples}
    ours = medians.pop(OURS, None)
    medians.pop(LIMIT, None)
    bounds = {one.name: one.at_least for one in everyone if one.at_least and not one.sure}
    measured, met = _comparison(ours, medians, bounds)
    outcome.target(f"{content.name}: ahead of every peer", "> 1 × the fastest", measured, met)
    few = [f"{one.name} {len(one.samples)}" for one in everyone if one.samples and len(one.samples) < LEAST]
    if few:
        outcome.notes.append(
            f"{content.name}: under {LEAST} rounds, since no time was left for more: {', '.join(few)}"
        )
    wrong = [f"{name} ({fault})" for name, fault in faults.items() if fault]
    if wrong:
        outcome.notes.append(f"{content.name}: not as asked for: {', '.join(wrong)}")


def _comparison(
    ours: float | None, medians: dict[str, float], bounds: dict[str, float]
) -> tuple[str, bool | None]:
    """How Pressroom compares, and whether it is ahead of all that were tried; None: nobody was."""
    if not ours:
        return "Pressroom was not measured", None
    said = []
    if medians:
        fastest = min(medians, key=lambda name: medians[name])
        said.append(f"{medians[fastest] / ours:.2f} × {fastest}")
    early = {name: bound for name, bound in bounds.items() if bound < min(medians.values(), default=math.inf)}
    if early:
        said.append(f"more than {min(early.values()) / ours:.2f} × {', '.join(early)} (stopped)")
    if not said:
        return "no peer was measured", None
    return "; ".join(said), all(seconds > ours for seconds in (*medians.values(), *bounds.values()))


if __name__ == "__main__":
    main()
