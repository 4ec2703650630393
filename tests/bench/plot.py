"""A bar chart as SVG: panels below each other, each on a scale of its own."""

from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 720, 200, 70
BAR, GAP, TITLE, MARGIN = 18, 6, 30, 12
OURS, THEIRS, LINE = "#1b6ca8", "#b8c4ce", "#c0392b"


def text(x, y, words, anchor="start", extra=""):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>'
        f"{escape(words)}</text>"
    )


def number(value):
    """Three figures."""
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def place(length, limit):
    """Of a number: behind its bar, or the line where that is in the way."""
    behind = length if not length <= limit <= length + 40 else limit
    return LEFT + behind + 5


def panel(top, title, bars, limit):
    """`bars`: name -> value, ours first.  The lines, and where it ends."""
    most = max(limit, *bars.values())
    scale = (WIDTH - LEFT - RIGHT) / most
    lines = [text(MARGIN, top + 18, title, extra=' font-weight="bold"')]
    y = begin = top + TITLE
    for i, (name, value) in enumerate(bars.items()):
        length = value * scale
        middle = y + BAR / 2 + 4
        lines += [
            text(LEFT - 8, middle, name, "end"),
            f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" '
            f'fill="{OURS if i == 0 else THEIRS}"/>',
            text(place(length, limit * scale), middle, number(value)),
        ]
        y += BAR + GAP
    x = LEFT + limit * scale
    lines += [
        f'<line x1="{x:.1f}" y1="{begin - 4}" x2="{x:.1f}" y2="{y}" '
        f'stroke="{LINE}" stroke-width="1.5" stroke-dasharray="4 3"/>',
        text(x, begin - 8, f"limit {number(limit)}", "middle",
             f' fill="{LINE}"'),
    ]  # fmt: skip
    return lines, y + MARGIN


def bars(unit, panels):
    """A picture of (title, {name: value}, limit) each."""
    lines, y = [], MARGIN
    for title, values, limit in panels:
        more, y = panel(y, f"{title}: {unit}", values, limit)
        lines += more
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{y}" viewBox="0 0 {WIDTH} {y}" '
            'font-family="sans-serif" font-size="13" fill="#222">',
            f'<rect width="{WIDTH}" height="{y}" fill="white"/>',
            *lines,
            "</svg>\n",
        ]
    )
