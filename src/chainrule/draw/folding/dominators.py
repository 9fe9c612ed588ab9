"""Through which step all that a step gives must pass: the dominator tree towards the output.

Knows numbers of places alone. Source: K. Cooper, T. Harvey, K. Kennedy (2001), "A simple, fast
dominance algorithm", for a graph without cycles; nearest common ancestors by jump pointers as in
E. Myers (1983), "An applicative random-access stack".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["ROOT", "Dominators"]

ROOT = -1  # of the tree: what comes after every output


class Dominators:
    """The tree: for every place the next one through which all its ways to an output lead.

    users: of each place, which come after it.
    """

    __slots__ = ("depth", "jump", "parent")

    def __init__(self, users: Sequence[Iterable[int]]) -> None:
        count = len(users)
        # The last entry is the root, which the index -1 reaches.
        self.parent = [ROOT] * (count + 1)
        self.jump = [ROOT] * (count + 1)
        self.depth = [0] * (count + 1)
        for place in range(count - 1, -1, -1):
            found: int | None = None
            for user in users[place]:
                found = user if found is None else self.common(found, user)
                if found == ROOT:
                    break
            self._attach(place, ROOT if found is None else found)

    def _attach(self, place: int, parent: int) -> None:
        jump, depth = self.jump, self.depth
        self.parent[place] = parent
        depth[place] = depth[parent] + 1
        far = jump[parent]
        even = depth[parent] - depth[far] == depth[far] - depth[jump[far]]
        jump[place] = jump[far] if even else parent

    def common(self, first: int, second: int) -> int:
        """Return the nearest place through which the ways of both lead."""
        parent, jump, depth = self.parent, self.jump, self.depth
        if depth[first] < depth[second]:
            first, second = second, first
        goal = depth[second]
        while depth[first] > goal:
            first = jump[first] if depth[jump[first]] >= goal else parent[first]
        while first != second:
            if jump[first] == jump[second]:
                first, second = parent[first], parent[second]
            else:
                first, second = jump[first], jump[second]
        return first

    def spines(self, longer_than: int) -> list[list[int]]:
        """Cut the tree into paths, from each place on to the deepest below it; list the long ones.

        Each in the order of the data.
        """
        count = len(self.parent) - 1
        height, deepest = [0] * (count + 1), [ROOT] * (count + 1)
        for place in range(count):
            parent = self.parent[place]
            if height[place] + 1 > height[parent]:
                height[parent], deepest[parent] = height[place] + 1, place
        found = []
        for place in range(count - 1, -1, -1):
            parent = self.parent[place]
            if parent != ROOT and deepest[parent] == place:
                continue
            if height[place] + 1 > longer_than:
                path = [place]
                while deepest[path[-1]] != ROOT:
                    path.append(deepest[path[-1]])
                found.append(path[::-1])
        return found
