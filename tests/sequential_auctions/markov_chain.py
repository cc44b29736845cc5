"""A sample economy as a finite Markov chain: who works where, by linear algebra."""

import numpy as np


class Chain:
    """States: unemployed; then (firm, best rival), the rival b (−1) or a firm.

    `share` is the probability of meeting each productivity. With `own_rivals` a firm's
    type is met again as another, equal firm; without, such a contact is void.
    """

    def __init__(self, economy, productivity, share, *, own_rivals):
        e = economy
        n = len(productivity)
        self.states = [None]
        self.states += [(k, j) for k in range(n) for j in range(-1, n)
                        if j < k or (own_rivals and j == k)]  # fmt: skip
        number = {state: i for i, state in enumerate(self.states)}
        rate = np.zeros((len(self.states), len(self.states)))
        for k in range(n):
            rate[0, number[k, -1]] += e.contact_rate_unemployed * share[k]
        for (k, j), i in list(number.items())[1:]:
            rate[i, 0] += e.separation_rate + e.exit_rate
            for offer in range(n):
                if offer == k and not own_rivals:
                    continue
                if offer > k:
                    new = (offer, k)
                elif offer > j:
                    new = (k, offer)
                else:
                    continue
                rate[i, number[new]] += e.contact_rate_employed * share[offer]
        generator = rate - np.diag(rate.sum(axis=1))
        equations = np.vstack([generator.T, np.ones(len(rate))])
        target = np.append(np.zeros(len(rate)), 1.0)
        self.mass = np.linalg.lstsq(equations, target, rcond=None)[0]
        self.n = n

    @property
    def unemployment_rate(self):
        """Share without a job."""
        return self.mass[0]

    def employed(self):
        """Shares of the employed by (firm, rival), (n, n + 1); column 0 is b."""
        table = np.zeros((self.n, self.n + 1))
        for (k, j), mass in zip(self.states[1:], self.mass[1:], strict=True):
            table[k, j + 1] = mass
        return table / table.sum()
