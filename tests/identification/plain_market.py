"""The labour market as a story: plain Python, one worker and one month at a time."""

import random
from collections import Counter


def history(q, workers, firms, months, burn_in, seed):
    """Spells [worker, firm, start, end, origin, wage, x, y] of a small economy.

    Everybody starts out of work, jobs are numbered and belong to firms in turn, and no
    formula of the package is used but the decisions, wages and meetings of `q`. Needs
    as many workers and firms of each type (uniform shares), no match quality.
    """
    draw = random.Random(seed)
    e = q.economy
    X, Y = e.output.shape
    type_of = [i * X // workers for i in range(workers)]
    firm_type = [j * Y // firms for j in range(firms)]
    jobs = [job * firms // workers for job in range(workers)]  # the firm of each job
    holder = [None] * len(jobs)
    contract = {}  # worker -> [job, start, origin, wage]
    spells = []

    def close(i, month):
        job, start, origin, wage = contract.pop(i)
        holder[job] = None
        if month > start:
            firm = jobs[job]
            row = [i, firm, start, month, origin, wage, type_of[i], firm_type[firm]]
            spells.append(row)

    for month in range(-burn_in, months):
        idle = [i for i in range(workers) if i not in contract]
        busy = [i for i in range(workers) if i in contract]
        looking = idle + [
            i for i in busy if draw.random() < e.search_intensity_employed
        ]
        vacant = [job for job in range(len(jobs)) if holder[job] is None]
        effort = len(idle) + e.search_intensity_employed * len(busy)
        mean = e.meetings(effort, len(vacant))
        count = int(mean) + (draw.random() < mean - int(mean))
        count = min(count, len(looking), len(vacant))
        pairs = zip(
            draw.sample(looking, count), draw.sample(vacant, count), strict=True
        )
        for i, job in pairs:
            x, y = type_of[i], firm_type[jobs[job]]
            if i not in contract:
                if draw.random() < q.acceptance[x, y]:
                    contract[i] = [job, month, "unemployment", q.wage[x, y]]
                    holder[job] = i
                continue
            old = firm_type[jobs[contract[i][0]]]
            agreed = q.acceptance[x, y] * q.mobility[x, old, y]
            if draw.random() < agreed:
                close(i, month)
                contract[i] = [job, month, "firm", q.poached_wage[x, y, old]]
                holder[job] = i
        for i in list(contract):
            if draw.random() < e.separation_rate:
                close(i, month)
    for i in list(contract):
        close(i, months)
    window = []
    for i, firm, start, end, origin, wage, x, y in spells:
        if end > 0:
            known = origin if start > 0 else "unknown"
            window.append([i, firm, max(start, 0), end, known, wage, x, y])
    return window


def statistics(spells, workers, months, X, Y):
    """What two simulators must agree about, from rows as `history` returns them."""
    found = Counter()
    for _, _, start, end, origin, wage, x, y in spells:
        time = end - start
        found[f"employed {x} {y}"] += time / months / workers
        found["wages"] += wage * time / months / workers
        found[f"hired from {origin}"] += (origin != "unknown") / months / workers
        if origin != "unknown":
            found[f"wages if hired from {origin}"] += wage * time / months / workers
            found[f"first wages from {origin}"] += wage / months / workers
        if start > 0 and end < months:
            found["ended"] += 1 / months / workers
            found["months of ended spells"] += time / months / workers
        found["running at the end"] += (end == months) / workers
        found["running at the start"] += (start == 0) / workers
    for x in range(X):
        for y in range(Y):
            found.setdefault(f"employed {x} {y}", 0.0)
    return found
