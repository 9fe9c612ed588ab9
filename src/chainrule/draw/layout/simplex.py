"""Network simplex: whole numbers for nodes, so that weighted edges are short in sum.

Source: Gansner, Koutsofios, North & Vo (1993), A technique for drawing directed graphs, IEEE
Transactions on Software Engineering 19(3), section 2. Imports nothing of ours. Knows neither layers
nor coordinates: both are numbers that keep a least distance along each edge.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Edge", "shorten"]

# Tail, head, the least that the head's number is above the tail's, and what a unit of length costs.
Edge = tuple[int, int, int, int]

# How many tree edges with a negative cut value are looked at before the worst of them leaves.
_LOOKED_AT = 30


def shorten(start: Sequence[int], edges: Sequence[Edge], *, pivots: int = 1 << 30) -> list[int]:
    """Move numbers that fit the edges' least lengths until no edge can be shortened in sum.

    start: numbers that fit; the edges connect all of them. pivots: a bound on the work; what is
    found by then is as good or better than the start, and fits.

    >>> shorten([0, 5, 9], [(0, 1, 1, 1), (1, 2, 1, 1), (0, 2, 3, 1)])
    [6, 7, 9]
    """
    if len(start) < 2:
        return list(start)
    tree = _Tree(start, edges)
    tree.span()
    tree.number()
    tree.weigh()
    for _ in range(pivots):
        leaving = tree.leaving()
        if leaving < 0:
            break
        tree.exchange(leaving, tree.entering(leaving))
    return tree.rank


class _Tree:
    """A spanning tree of tight edges, each with the weight it would take to stretch it.

    `limit` numbers the nodes so that a subtree is a range: `first[v]` to `limit[v]`.
    """

    __slots__ = (
        "at",
        "cut",
        "edges",
        "first",
        "inside",
        "limit",
        "near",
        "next_looked_at",
        "parent",
        "rank",
        "tree",
        "tree_near",
    )

    def __init__(self, start: Sequence[int], edges: Sequence[Edge]) -> None:
        count = len(start)
        self.rank = list(start)
        self.edges = edges
        self.near: list[list[int]] = [[] for _ in start]
        for number, (tail, head, _, _) in enumerate(edges):
            self.near[tail].append(number)
            self.near[head].append(number)
        self.inside = [False] * len(edges)
        self.tree: list[int] = []
        self.tree_near: list[list[int]] = [[] for _ in start]
        self.cut = [0] * len(edges)
        self.parent = [-1] * count
        self.first = [0] * count
        self.limit = [0] * count
        self.at = [0] * count
        self.next_looked_at = 0

    def slack(self, number: int) -> int:
        """By how much an edge is longer than it must be."""
        tail, head, least, _ = self.edges[number]
        return self.rank[head] - self.rank[tail] - least

    def span(self) -> None:
        """Grow a tree of tight edges from node 0, moving it to the nearest node when stuck."""
        reached = [False] * len(self.rank)
        reached[0] = True
        members = [0]
        fringe: list[int] = []
        grown = 0
        while True:
            while grown < len(members):
                for number in self.near[members[grown]]:
                    tail, head, _, _ = self.edges[number]
                    other = head if reached[tail] else tail
                    if reached[other]:
                        continue
                    if self.slack(number):
                        fringe.append(number)
                        continue
                    reached[other] = True
                    members.append(other)
                    self.join(number)
                grown += 1
            if len(members) == len(reached):
                return
            fringe = [n for n in fringe if not all(reached[end] for end in self.edges[n][:2])]
            nearest = min(fringe, key=self.slack)
            step = self.slack(nearest)
            tail, head, _, _ = self.edges[nearest]
            if reached[head]:
                step = -step
            for node in members:
                self.rank[node] += step
            other = tail if reached[head] else head
            reached[other] = True
            members.append(other)
            self.join(nearest)

    def join(self, number: int) -> None:
        """Take an edge into the tree."""
        self.inside[number] = True
        self.tree.append(number)
        tail, head, _, _ = self.edges[number]
        self.tree_near[tail].append(number)
        self.tree_near[head].append(number)

    def number(self, root: int = 0, above: int = -1, first: int = 0) -> None:
        """Number the nodes under a root, each after its subtree."""
        self.parent[root] = above
        self.first[root] = first
        stack = [(root, iter(self.tree_near[root]))]
        counter = first
        while stack:
            node, links = stack[-1]
            for number in links:
                if number == self.parent[node]:
                    continue
                tail, head, _, _ = self.edges[number]
                child = head if tail == node else tail
                self.parent[child] = number
                self.first[child] = counter
                stack.append((child, iter(self.tree_near[child])))
                break
            else:
                self.limit[node] = counter
                self.at[counter] = node
                counter += 1
                stack.pop()

    def weigh(self) -> None:
        """Compute every tree edge's cut value from those below it."""
        for node in self.at:
            above = self.parent[node]
            if above >= 0:
                self.cut[above] = self.weighed(node, above)

    def weighed(self, node: int, above: int) -> int:
        """Cut value of the tree edge above a node, whose subtree has its own."""
        upwards = self.edges[above][0] == node
        low, high = self.first[node], self.limit[node]
        found = 0
        for number in self.near[node]:
            tail, head, _, weight = self.edges[number]
            other = head if tail == node else tail
            outward = (head == node) == upwards
            if low <= self.limit[other] <= high:
                value = (self.cut[number] if self.inside[number] else 0) - weight
                found += value if outward else -value
            else:
                found += -weight if outward else weight
        return found

    def leaving(self) -> int:
        """A tree edge that had better be stretched, or -1 if there is none."""
        best, worst, seen = -1, 0, 0
        count = len(self.tree)
        for step in range(count):
            place = (self.next_looked_at + step) % count
            number = self.tree[place]
            if self.cut[number] < 0:
                seen += 1
                if self.cut[number] < worst:
                    best, worst = place, self.cut[number]
                if seen == _LOOKED_AT:
                    break
        if best < 0:
            return -1
        self.next_looked_at = best
        return self.tree[best]

    def entering(self, leaving: int) -> int:
        """The shortest edge that leads back across the two halves that a tree edge joins."""
        tail, head, _, _ = self.edges[leaving]
        below_is_tail = self.limit[tail] < self.limit[head]
        below = tail if below_is_tail else head
        low, high = self.first[below], self.limit[below]
        best, least = -1, -1
        for node in self.at[low : high + 1]:
            for number in self.near[node]:
                start, end, _, _ = self.edges[number]
                other = start if below_is_tail else end
                # Into the subtree when its edge leads out of it, and the other way round.
                if other == node or low <= self.limit[other] <= high:
                    continue
                slack = self.slack(number)
                if best < 0 or slack < least:
                    best, least = number, slack
                    if not slack:
                        return best
        return best

    def exchange(self, leaving: int, entering: int) -> None:
        """Let one edge into the tree for another, and mend numbers and cut values on the way."""
        step = self.slack(entering)
        tail, head, _, _ = self.edges[leaving]
        if step:
            below, change = (tail, -step) if self.limit[tail] < self.limit[head] else (head, step)
            for node in self.at[self.first[below] : self.limit[below] + 1]:
                self.rank[node] += change
        value = self.cut[leaving]
        start, end, _, _ = self.edges[entering]
        common = self.climb(start, end, value, along=True)
        self.climb(end, start, value, along=False)
        self.cut[entering] = -value
        self.cut[leaving] = 0
        self.inside[leaving] = False
        self.inside[entering] = True
        self.tree[self.tree.index(leaving)] = entering
        self.tree_near[tail].remove(leaving)
        self.tree_near[head].remove(leaving)
        self.tree_near[start].append(entering)
        self.tree_near[end].append(entering)
        self.number(common, self.parent[common], self.first[common])

    def climb(self, node: int, goal: int, value: int, *, along: bool) -> int:
        """Add to the cut values from a node up to the first that has the goal below it."""
        while not self.first[node] <= self.limit[goal] <= self.limit[node]:
            above = self.parent[node]
            tail, head, _, _ = self.edges[above]
            self.cut[above] += value if (node == tail) == along else -value
            node = head if node == tail else tail
        return node
