"""Simulated histories of workers and firms with continuous types, with their wages."""

from __future__ import annotations

import numpy as np
import pandas as pd
from tqdm import tqdm

from jobteams_lab import checks
from jobteams_lab.large_firms.arguments import require
from jobteams_lab.large_firms.devices import Devices, gather
from jobteams_lab.large_firms.islands import Islands, stratified_firms
from jobteams_lab.large_firms.pay_ledger import Ledger
from jobteams_lab.large_firms.pay_value import WorkerPay
from jobteams_lab.large_firms.simulate_panel import ENDINGS
from jobteams_lab.large_firms.simulate_records import Log
from jobteams_lab.panel import Panel
from jobteams_lab.precision import double

PAID = 10.0  # years of the burn-in with wages: those of the start are then forgotten
STEPS, LANES = 200, 2**17  # at once, and records that they may have


def simulate_pay(
    pay: WorkerPay,
    *,
    firms: int = 1024,
    islands: int = 4,
    years: float = 10.0,
    burn_in: float = 50.0,
    per_year: int = 1,
    seed: int,
    values: bool = False,
    progress: bool = False,
) -> list[Panel]:
    """Simulate workers, firms and wages in a solution, and observe them now and then.

    Wages decide nothing: who works where is simulated first, and paid afterwards. A
    worker's value is U when he is hired out of nonemployment, U + max(Δ_old, 0) when he
    is poached, and at renegotiations (o = 0) and the visits of poachers who do not get
    him (o = max(Δ_p, 0), and 0 of firms that are full) it becomes::

        W' = U + clip(W − U, min(o, Δ⁺), Δ⁺),    Δ⁺ = max(Δ, 0)

    The wage is what gives that value in the team that he then has. It is a number a
    year, and moves at no other time.

    Parameters
    ----------
    pay : WorkerPay
    firms : int
        On each island; workers are N_w times as many, round(N_w × firms).
    islands : int
        Economies of their own that meet the same V, each with a panel.
    years : float
        Length of the window.
    burn_in : float
        Years before it, which begin with teams drawn from the solution's sample. Wages
        are paid in the last ten of them. Whoever has a job when wages begin is paid as
        if just hired, so give ten or more.
    per_year : int
        How often a year is looked.
    seed : int
        The same seed gives the same histories, however often they are looked at;
        wages to rounding.
    values : bool
        Whether to add the columns value, W, and surplus, Δ, which takes a while.
    progress : bool
        Whether to show a line.

    Returns
    -------
    list of Panel
        One an island, with a row for each worker and date at which he has a job; the
        period counts dates from 0, so that `moments` and `annual` take year=per_year.
        The truth is in the columns human_capital, ability, productivity,
        learning_environment and team_size. `ending` says where he is at the next date:
        his job "goes on", or he has "nonemployment", another "firm", "retirement" from
        a job, or it is the end of the "window". Newborn workers and new firms in the
        place of old ones have ids of their own.

    Raises
    ------
    TypeError, ValueError
        A sentence, for arguments that make no sense.
    RuntimeError
        If on an island nobody ever works.

    References
    ----------
    Adenbaum, Babalievsky and Jungerman (2025), "Renegotiation", "Poaching" and
    Proposition 2.
    """
    firms, islands, years, burn_in, seed = check_sizes(
        "simulate_pay", pay, firms, islands, years, burn_in, seed
    )
    per_year = checks.whole("per_year", per_year, low=1)
    checks.one_of("values", values, (True, False))
    checks.one_of("progress", progress, (True, False))
    number = round(years * per_year)
    if number < 1:
        raise ValueError(
            f"years = {years:g} hold no date at per_year = {per_year}: give more."
        )
    paid = min(burn_in, PAID)
    with double(), tqdm(total=number, disable=not progress, unit="date") as bar:
        place = begin(pay.solution, firms, islands, seed)
        let_pass(place, pay.solution.coefficients, burn_in - paid)
        histories = Histories(pay, place, values)
        histories.run(paid + np.arange(number) / per_year, bar.update)
    return [histories.panel(island, number) for island in range(islands)]


def check_sizes(caller: str, pay, firms, islands, years, burn_in, seed) -> tuple:
    """Return (firms, islands, years, burn_in, seed), or refuse what cannot be."""
    require(caller, pay, WorkerPay, "call worker_pay(solution) first")
    economy = pay.solution.economy
    firms = checks.whole("firms", firms, low=2)
    islands = checks.whole("islands", islands, low=1)
    years = checks.number("years", years, low=0, open_low=True)
    burn_in = checks.number("burn_in", burn_in, low=0)
    seed = checks.whole("seed", seed, low=0)
    workers = round(economy.workers_per_firm * firms)
    if workers < 2 * economy.max_team_size:
        raise ValueError(
            f"firms = {firms} on an island have {workers} workers: take more, so that a"
            f" team of {economy.max_team_size} is few of them."
        )
    return firms, islands, years, burn_in, seed


def begin(solution, firms: int, islands: int, seed: int) -> Islands:
    """Return islands whose firms have teams of the solution's sample."""
    economy = solution.economy
    log_z, log_q = stratified_firms(economy, firms, islands, seed)
    return Islands(
        *(economy, solution.basis, solution.nodes, log_z, log_q, seed),
        *(solution.sample, np.float64, Devices()),
    )


def let_pass(islands: Islands, coefficients: np.ndarray, years: float) -> None:
    """Let years pass, unobserved, with what `Histories` compiles anyway."""
    firms, steps = islands.firms(coefficients), steps_of(islands)
    rung, all_of_them = 0, years * islands.events_a_year
    while np.min(rung) < all_of_them:
        done = gather(islands.record(firms, steps).done)
        rung = rung + done.sum((1, 2))


def steps_of(islands: Islands) -> int:
    """Return how many steps are taken at once."""
    return int(np.clip(LANES // islands.state.waiting.size, 1, STEPS))


class Histories:
    """A simulation that goes on, its wages, and what is seen of it at some dates.

    Parameters
    ----------
    pay : WorkerPay
    islands : Islands
    values : bool
        Whether W and Δ are looked at, too.

    Attributes
    ----------
    ledger : Ledger
    reached : (islands,) array
        Years that have passed.
    """

    def __init__(self, pay: WorkerPay, islands: Islands, values: bool = False):
        self.islands, self.values = islands, values
        self.ledger = Ledger(pay, islands)
        self._firms = islands.firms(pay.solution.coefficients)
        self._rung = np.zeros(islands.shape[0], int)
        self._steps = steps_of(islands)
        self._seen = [[] for _ in self._rung]
        self._retired = [[] for _ in self._rung]  # (names, period)

    @property
    def reached(self) -> np.ndarray:
        """Years that have passed on each island."""
        return self._rung / self.islands.events_a_year

    def next(self):
        """Let some steps happen; return their `Log` and the wages after each event.

        The book stays as it was: let `Ledger.enter` change it.
        """
        records = self.islands.record(self._firms, self._steps)
        log, self._rung = Log.of(records, self._rung, self.islands.events_a_year)
        return log, self.ledger.settle(log)

    def run(self, dates: np.ndarray, tell=lambda: None) -> None:
        """Go on until all islands have passed some dates, and look at each of them."""
        seen = np.zeros(len(self._rung), int)
        while seen.min() < len(dates):
            before = seen.min()
            log, wages = self.next()
            ends = np.searchsorted(log.island, np.arange(len(seen) + 1))
            for island, reached in enumerate(self.reached):
                mine = slice(ends[island], ends[island + 1])
                own, paid = log.rows(mine), wages[mine]
                due = dates[seen[island] :]
                due = due[due < reached]
                first = 0
                for date in due:
                    last = np.searchsorted(own.time, date)
                    self._enter(island, own, paid, slice(first, last))
                    self._seen[island].append(self._look(island))
                    first = last
                self._enter(island, own, paid, slice(first, None))
                seen[island] = len(self._seen[island])
            for _ in range(before, seen.min()):
                tell()

    def _enter(self, island: int, log: Log, wages, part: slice) -> None:
        names = self.ledger.enter(island, log.rows(part), wages[part])
        since = np.full(len(names), len(self._seen[island]) - 1)
        self._retired[island].append((names, since))

    def _look(self, island: int) -> dict:
        book, ledger = self.ledger.book, self.ledger
        who = np.flatnonzero(book.firm[island] < book.size.shape[1])
        firm = book.firm[island, who]
        found = {
            "worker": book.worker_name[island, who],
            "firm": book.firm_name[island, firm],
            "wage": book.wage[island, who],
            "period": np.full(len(who), len(self._seen[island])),
            "human_capital": np.exp(book.x[island, who]),
            "ability": np.exp(book.y[island, who]),
            "productivity": np.exp(ledger.log_z[island, firm]),
            "learning_environment": np.exp(ledger.log_q[island, firm]),
            "team_size": book.size[island, firm],
        }
        if self.values and len(who):
            at, worker, team = ledger.at_work([island])
            order = np.argsort(worker)
            known = ledger.value(at, book.wage[at, worker], team)
            found["value"], found["surplus"] = (part[order] for part in known)
        return found

    def panel(self, island: int, number: int) -> Panel:
        """Return what was seen of an island at `number` dates."""
        frame = pd.concat([pd.DataFrame(one) for one in self._seen[island]])
        if not len(frame):
            raise RuntimeError(
                "nobody works at these values: no firm hires; solve again with a lower"
                " nonemployment_income."
            )
        frame = frame.sort_values(["worker", "period"], ignore_index=True)
        retired = map(np.concatenate, zip(*self._retired[island], strict=True))
        frame["ending"] = _endings(frame, *retired, number)
        return Panel(frame, window=(0, number))


def _endings(frame: pd.DataFrame, name, since, number: int) -> pd.Categorical:
    # of rows in the order of workers and dates; `since` is the last date before
    # someone of a name retired from a job
    worker, period = frame["worker"].to_numpy(), frame["period"].to_numpy()
    firm = frame["firm"].to_numpy()
    again = np.append((np.diff(worker) == 0) & (np.diff(period) == 1), False)
    stays = again & (firm == np.roll(firm, -1))
    date = np.int64(number)
    retires = np.isin(worker * date + period, (name * date + since)[since >= 0])
    cases = [stays, again, period == number - 1, retires]
    words = ["goes on", "firm", "window", "retirement"]
    return pd.Categorical(np.select(cases, words, "nonemployment"), ENDINGS)
