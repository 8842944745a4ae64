"""Independent answers: networkx on a graph with every position inserted, and brute-force snapping."""

from __future__ import annotations

import itertools
import math

import networkx as nx
import numpy as np

TIE = 1e-9


def whole_graph(network, snappings):
    """Return a MultiDiGraph in whole units (ms and dm; 1/60 s and cm), each road or part of one rounded once.

    Every snapped origin is a node ('p', 0, i) that leads to the ends of its road and to destinations on it,
    every destination a node ('p', 1, j).
    """
    g = nx.MultiDiGraph()
    g.add_nodes_from(range(len(network.node_ids)))

    def link(tail, head, e, part):
        a, b = (60_000, 10_000) if network.weight == "time" else (3600, 100_000)
        time, length = round(part * network.edge_minutes[e] * a), round(part * network.edge_km[e] * b)
        main, other = (time, length) if network.weight == "time" else (length, time)
        g.add_edge(tail, head, minutes=time / a, km=length / b, **{network.weight: (main << 26) + other})

    for e in range(len(network.road_ids)):
        tail, head = int(network.edge_from[e]), int(network.edge_to[e])
        link(tail, head, e, 1.0)
        if not network.edge_oneway[e]:
            link(head, tail, e, 1.0)
    origins, destinations = (
        [(("p", side, int(i)), int(s.edge[i]), float(s.share[i])) for i in np.flatnonzero(s.edge >= 0)]
        for side, s in enumerate(snappings)
    )
    for point, e, share in origins:
        link(point, int(network.edge_to[e]), e, 1 - share)
        if not network.edge_oneway[e] or share == 0:
            link(point, int(network.edge_from[e]), e, share)
    for point, e, share in destinations:
        link(int(network.edge_from[e]), point, e, share)
        if not network.edge_oneway[e] or share == 1:
            link(int(network.edge_to[e]), point, e, 1 - share)
        for start, road, b in origins:
            if road == e and (share >= b or not network.edge_oneway[e]):
                link(start, point, e, abs(share - b))
    return g


def graph_with(network, snappings):
    """Return a MultiDiGraph of nodes and ('p', side, i) for every snapped point of every snapping."""
    on_edge: dict[int, list[tuple[float, tuple]]] = {}
    for side, snapping in enumerate(snappings):
        for i in np.flatnonzero(snapping.edge >= 0):
            on_edge.setdefault(int(snapping.edge[i]), []).append(
                (float(snapping.share[i]), ("p", side, int(i)))
            )
    g = nx.MultiDiGraph()
    g.add_nodes_from(range(len(network.node_ids)))
    for e in range(len(network.road_ids)):
        tail, head = int(network.edge_from[e]), int(network.edge_to[e])
        stops = [(0.0, tail), *sorted(on_edge.get(e, []), key=lambda s: (s[0], str(s[1]))), (1.0, head)]
        for (a, u), (b, v) in itertools.pairwise(stops):
            both = not network.edge_oneway[e] or a == b
            _link(g, u, v, (b - a) * network.edge_minutes[e], (b - a) * network.edge_km[e], both=both)
    return g


def _link(g, u, v, minutes, km, *, both):
    for tail, head in ((u, v), (v, u))[: 2 if both else 1]:
        g.add_edge(tail, head, minutes=minutes, km=km, time=minutes + TIE * km, distance=km + TIE * minutes)


def best(network, origins, destinations, i, j, *, g, rule):
    """Return minutes and km of one pair, legs and the direct path on level ground included."""
    if origins.edge[i] < 0 or destinations.edge[j] < 0:
        return math.inf, math.inf
    minutes, km = _by_road(g, ("p", 0, i), ("p", 1, j), network.weight)
    for snapping, k in ((origins, i), (destinations, j)):
        minutes += leg_minutes(float(snapping.distance_m[k]), rule)
        km += float(snapping.distance_m[k]) * rule.detour_factor / 1000
    straight_m = math.hypot(
        origins.base_x_m[i] - destinations.base_x_m[j], origins.base_y_m[i] - destinations.base_y_m[j]
    )
    straight_m += float(origins.extra_m[i] + destinations.extra_m[j])
    direct, direct_km = leg_minutes(straight_m, rule), straight_m * rule.detour_factor / 1000
    shorter = network.weight == "time" or direct_km < km
    if straight_m <= rule.snap_limit_km * 1000 and direct < minutes and shorter:
        return direct, direct_km
    return minutes, km


def leg_minutes(straight_m, rule):
    """Return minutes of a leg on level ground."""
    km = straight_m * rule.detour_factor / 1000
    drive = min(km, rule.access_km)
    return drive / rule.access_speed_kmh * 60 + (km - drive) / (6 * math.exp(-3.5 * 0.05)) * 60


def _by_road(g, source, target, weight):
    try:
        path = nx.dijkstra_path(g, source, target, weight=weight)
    except nx.NetworkXNoPath:
        return math.inf, math.inf
    steps = [min(g[u][v].values(), key=lambda d: d[weight]) for u, v in itertools.pairwise(path)]
    return sum(s["minutes"] for s in steps), sum(s["km"] for s in steps)


def acceptable_edges(network):
    """Return the edges that points may snap to, by the stated rule, worked out with networkx."""
    g = nx.DiGraph()
    g.add_nodes_from(range(len(network.node_ids)))
    edges = list(zip(network.edge_from.tolist(), network.edge_to.tolist(), strict=True))
    for (u, v), oneway in zip(edges, network.edge_oneway, strict=True):
        g.add_edge(u, v)
        if not oneway:
            g.add_edge(v, u)
    groups = [sorted(c) for c in nx.strongly_connected_components(g)]
    inside = [[e for e, (u, v) in enumerate(edges) if u in c and v in c] for c in groups]
    km = [sum(float(network.edge_km[e]) for e in es) for es in inside]
    some_big = any(len(c) >= 3 for c in groups)
    able = [k for k in range(len(groups)) if inside[k] and (len(groups[k]) >= 3 or not some_big)]
    good = {k for k in able if len(groups[k]) >= 3 and km[k] >= 0.01 * float(network.edge_km.sum())}
    if able:
        good.add(min(able, key=lambda k: (-km[k], -len(groups[k]), groups[k][0])))
    return sorted(e for k in good for e in inside[k])


def nearest_edge(network, x_m, y_m):
    """Return distance and (edge, share) of every acceptable edge as near as the nearest, by plain loops."""
    found = []
    for e in acceptable_edges(network):
        first, last = int(network.lines.start[e]), int(network.lines.start[e + 1])
        found.append(
            (*_nearest_on(network.lines.x_m[first:last], network.lines.y_m[first:last], x_m, y_m), e)
        )
    if not found:
        return math.inf, []
    least = min(found)[0]
    return least, [(e, share) for d, share, e in found if d <= least + 1e-6]


def _nearest_on(xs, ys, px, py):
    done, best_d, best_at = 0.0, math.inf, 0.0
    for ax, ay, bx, by in zip(xs[:-1], ys[:-1], xs[1:], ys[1:], strict=True):
        length = math.hypot(bx - ax, by - ay)
        t = 0.0
        if length > 0:
            t = min(1.0, max(0.0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length**2))
        d = math.hypot(ax + t * (bx - ax) - px, ay + t * (by - ay) - py)
        if d < best_d:
            best_d, best_at = d, done + t * length
        done += length
    return best_d, best_at / done
