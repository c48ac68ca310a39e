"""Bar plots as SVG text, one file per family of rows: a pair of bars for each row, scaled to the longer one."""

from html import escape

LEFT, WIDTH, BAR, GAP = 230, 420, 11, 12
OURS, THEIRS, INK = "#2f6f9f", "#c9c9c9", "#222"


def human(value):
    """A number in three figures with k, M, G."""
    for step, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= step:
            return f"{value / step:.3g}{letter}"
    return f"{value:.3g}"


def bars(family, metric, entries):
    """The SVG text for one metric of a family; entries are (row, ours, theirs, ratio, unit, better)."""
    unit, better = entries[0][4], entries[0][5]
    height = 58 + len(entries) * (2 * BAR + GAP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 170}" height="{height}" '
           f'font-family="sans-serif" font-size="11" fill="{INK}">',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="10" y="18" font-size="14">{escape(family)}: {escape(metric)} '
           f'({escape(unit)}, {better} is better)</text>',
           f'<rect x="10" y="28" width="10" height="10" fill="{OURS}"/><text x="25" y="37">zmq_rs</text>',
           f'<rect x="90" y="28" width="10" height="10" fill="{THEIRS}"/><text x="105" y="37">libzmq</text>']
    y = 50
    for row, ours, theirs, ratio, _, _ in entries:
        longest = max(ours, theirs) or 1
        out.append(f'<text x="{LEFT - 8}" y="{y + BAR + 4}" text-anchor="end">{escape(row)}</text>')
        for value, colour, note in ((ours, OURS, f"  x{ratio:.2f}" if ratio else ""), (theirs, THEIRS, "")):
            length = max(1, WIDTH * value / longest)
            out.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>')
            out.append(f'<text x="{LEFT + length + 5:.1f}" y="{y + BAR - 1}">{human(value)}{note}</text>')
            y += BAR
        y += GAP
    return "\n".join(out + ["</svg>", ""])


def write(folder, table):
    """One file per family and metric; rows measured on one side only are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    groups = {}
    for e in table:
        if e["ours"] and e["theirs"]:
            family, _, rest = e["row"].partition(":")
            groups.setdefault((family, e["metric"]), []).append(
                (rest, e["ours"]["median"], e["theirs"]["median"], e["ratio"], e["unit"], e["better"]))
    for (family, metric), entries in groups.items():
        (folder / f"{family}-{metric}.svg").write_text(bars(family, metric, entries))
    return len(groups)
