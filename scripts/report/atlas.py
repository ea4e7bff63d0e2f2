"""Simplifies a TopoJSON file of counties and states: arcs by Visvalingam's areas, points to a quarter of a pixel."""

import heapq
import json
import sys

# Triangles smaller than this many square pixels of the 975 by 610 page are left out of an arc.
LEAST_AREA = 1.0


def positions(arc, scale, translate):
    x = y = 0
    for dx, dy in arc:
        x += dx
        y += dy
        yield (x * scale[0] + translate[0], y * scale[1] + translate[1])


def area(a, b, c):
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def simplified(points):
    """The points of an arc without those whose triangle is small, least first; its ends stay, and of a ring four points."""
    left = list(range(-1, len(points) - 1))
    right = list(range(1, len(points) + 1))
    kept = [True] * len(points)
    ring = points[0] == points[-1]
    count = len(points)
    heap = [(area(points[i - 1], points[i], points[i + 1]), i) for i in range(1, len(points) - 1)]
    heapq.heapify(heap)
    current = dict((i, a) for a, i in heap)
    while heap:
        size, i = heapq.heappop(heap)
        if not kept[i] or current[i] != size:
            continue
        if size >= LEAST_AREA or (ring and count <= 4):
            break
        kept[i] = False
        count -= 1
        right[left[i]], left[right[i]] = right[i], left[i]
        for j in (left[i], right[i]):
            if 0 < j < len(points) - 1:
                current[j] = max(size, area(points[left[j]], points[j], points[right[j]]))
                heapq.heappush(heap, (current[j], j))
    return [point for point, keep in zip(points, kept) if keep]


def encoded(points):
    """Quarters of a pixel: the first point, then the steps from point to point."""
    flat, last = [], (0, 0)
    for x, y in ((round(x * 4), round(y * 4)) for x, y in points):
        step = (x - last[0], y - last[1])
        if flat and step == (0, 0):
            continue
        flat.extend(step)
        last = (x, y)
    return flat


def rings(geometry):
    arcs = geometry.get("arcs", [])
    polygons = [arcs] if geometry["type"] == "Polygon" else arcs
    return [ring for polygon in polygons for ring in polygon]


def main():
    source, target = sys.argv[1:]
    topology = json.load(open(source))
    scale, translate = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [encoded(simplified(list(positions(arc, scale, translate)))) for arc in topology["arcs"]]
    places = {}
    for name in ("counties", "states"):
        found = {g["id"]: (g["properties"]["name"], rings(g)) for g in topology["objects"][name]["geometries"]}
        places[name] = dict(sorted(found.items()))
    used = sorted({arc if arc >= 0 else ~arc for place in places.values() for _, r in place.values() for ring in r for arc in ring})
    number = {arc: at for at, arc in enumerate(used)}
    renumbered = lambda arc: number[arc] if arc >= 0 else ~number[~arc]
    shapes = {
        kind: {code: {"name": name, "rings": [[renumbered(a) for a in ring] for ring in r]} for code, (name, r) in place.items()}
        for kind, place in places.items()
    }
    out = {
        "source": "us-atlas 3.0.1, copyright 2013-2019 Michael Bostock, ISC licence, from the cartographic boundaries of the U.S. Census Bureau, simplified",
        "width": 3900,
        "height": 2440,
        "arcs": [arcs[arc] for arc in used],
        **shapes,
    }
    with open(target, "w") as file:
        json.dump(out, file, separators=(",", ":"), ensure_ascii=False)
        file.write("\n")
    print(f"{len(used)} arcs, {sum(len(arcs[a]) // 2 for a in used)} points")


main()
