"""Counts the ways to place eight queens that do not attack each other."""


def place(row, columns, rising, falling):
    if row == 8:
        return 1
    return sum(
        place(row + 1, columns | {c}, rising | {row + c}, falling | {row - c})
        for c in range(8)
        if c not in columns and row + c not in rising and row - c not in falling
    )


print(place(0, frozenset(), frozenset(), frozenset()))
