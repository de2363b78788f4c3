#!/usr/bin/python3
"""tests/check/cycles.py [options] [PROGRAM]: checks that the files of a program depend on each
other one way only.

Reads the objects of a finished build with nm and draws an edge from each undefined symbol to the
object that defines it, for each program of services/ together with proto/, and for proto/ alone.
Fails if

  - files form a cycle,
  - a folder uses a folder that tests/check/folders.allow does not name for it,
  - an entry of that list is not used any more,
  - folders (or files that the list names on their own) form a cycle,
  - there are fewer than 500 edges, because then the check has not seen the program.

Each failure is one line.  Only names are seen: whoever calls a function through a pointer has no
edge to it, whoever puts its address there has one.

  PROGRAM        prints every cycle of one program (gateway, filter, llm-worker, store) or of proto
  --build DIR    the build to read (build/dev)
  --top DIR      the source tree (the one this script is in)
  --allow FILE   the list of folders (tests/check/folders.allow)
  --folders      prints the edges between folders as lines of that list, with one symbol each
"""

import argparse
import collections
import fnmatch
import json
import pathlib
import shlex
import subprocess
import sys

LEAST_EDGES = 500
OF_SANITIZERS = (
    "__asan_",
    "__ubsan_",
    "__odr_asan",
    "__sanitizer_",
    "asan.module_ctor",
    "asan.module_dtor",
)

Edge = collections.namedtuple("Edge", "user symbol definer")  # files, as paths below the top


# ---- the objects -------------------------------------------------------------------------------


def objects_of(top, build):
    """{object: source} of everything below proto/ and services/ that the build makes, by CMake
    target."""
    targets = collections.defaultdict(dict)
    try:
        commands = json.loads((build / "compile_commands.json").read_text())
    except FileNotFoundError:
        sys.exit(
            f"cycles: {build} is not configured; run: cmake --preset dev && cmake --build build/dev"
        )
    for command in commands:
        words = shlex.split(command["command"])
        path = (pathlib.Path(command["directory"]) / words[words.index("-o") + 1]).resolve()
        source = pathlib.Path(command["file"]).resolve()
        for root in (build, top):  # a generated source stands in the same folder of the build
            if source.is_relative_to(root):
                source = source.relative_to(root)
                break
        if source.parts[0] not in ("proto", "services"):
            continue
        if not path.exists():
            sys.exit(f"cycles: {path} is not built; run: cmake --build {build}")
        target = next(part for part in path.parts if part.endswith(".dir"))[: -len(".dir")]
        targets[target][str(path)] = str(source)
    return targets


def symbols_of(objects):
    """{object: (names it defines, names it needs)}"""
    found = {path: (set(), set()) for path in objects}
    text = subprocess.run(
        ["nm", "-A", "-P", "-g", *objects], check=True, capture_output=True, text=True
    ).stdout
    for line in text.splitlines():
        path, _, rest = line.partition(": ")
        name, kind = rest.split()[:2]
        if not name.startswith(OF_SANITIZERS):
            found[path][kind in "Uwv"].add(name)
    return found


def rooms_of(targets):
    """{"proto" or the name of a program: {source: (defines, needs)}}; proto is part of every
    program."""
    rooms = collections.defaultdict(dict)
    symbols = symbols_of([path for objects in targets.values() for path in objects])
    for target, objects in targets.items():
        for path, source in objects.items():
            parts = source.split("/")
            room = "proto" if parts[0] == "proto" else parts[1]
            # Another program in the same folder, as the one that prints its tables, is not part of
            # it.
            if target != room and any("main" in symbols[other][0] for other in objects):
                continue
            rooms[room][source] = symbols[path]
    proto = rooms.pop("proto", {})
    return {"proto": proto, **{room: {**proto, **files} for room, files in sorted(rooms.items())}}


def edges_of(files):
    definers = collections.defaultdict(list)
    for file, (defined, _) in files.items():
        for name in defined:
            definers[name].append(file)
    return [
        Edge(file, name, definer)
        for file, (_, needed) in sorted(files.items())
        for name in sorted(needed)
        for definer in sorted(definers[name])
        if definer != file
    ]


# ---- cycles ------------------------------------------------------------------------------------


def graph_of(pairs):
    graph = collections.defaultdict(set)
    for user, used in pairs:
        graph[user].add(used)
    return graph


def knots_of(graph):
    """The strongly connected components of more than one node (Tarjan's algorithm, without
    recursion)."""
    index, low, stack, on_stack, knots = {}, {}, [], set(), []
    for start in sorted(graph):
        if start in index:
            continue
        work = [(start, None)]
        while work:
            node, rest = work.pop()
            if rest is None:
                index[node] = low[node] = len(index)
                stack.append(node)
                on_stack.add(node)
                rest = iter(sorted(graph.get(node, ())))
            for used in rest:
                if used not in index:
                    work += [(node, rest), (used, None)]
                    break
                if used in on_stack:
                    low[node] = min(low[node], index[used])
            else:
                if low[node] == index[node]:
                    knot = set(stack[stack.index(node):])
                    del stack[stack.index(node):]
                    on_stack -= knot
                    if len(knot) > 1:
                        knots.append(knot)
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
    return knots


def shortest_cycle(graph, knot, first, second):
    """The shortest way from first over second back to first, within the knot."""
    came_from = {second: first}
    queue = collections.deque([second])
    while queue:
        node = queue.popleft()
        if node == first:
            break
        for used in sorted(graph[node] & knot):
            if used not in came_from:
                came_from[used] = node
                queue.append(used)
    path = [first]
    while path[-1] != second:
        path.append(came_from[path[-1]])
    return [first] + path[:0:-1]


def cycles_of(graph, knot):
    """The shortest cycle through each edge of a knot, each once, short ones first."""
    found = set()
    for user in sorted(knot):
        for used in sorted(graph[user] & knot):
            cycle = shortest_cycle(graph, knot, user, used)
            start = cycle.index(min(cycle))
            found.add(tuple(cycle[start:] + cycle[:start]))
    return sorted(found, key=lambda cycle: (len(cycle), cycle))


def names_of(edges):
    """{(user, definer): the symbols}"""
    names = collections.defaultdict(list)
    for edge in edges:
        names[edge.user, edge.definer].append(edge.symbol)
    return names


def show_cycle(cycle, names, most=3):
    steps = []
    for user, used in zip(cycle, cycle[1:] + cycle[:1]):
        symbols = names[user, used]
        more = f" and {len(symbols) - most} more" if len(symbols) > most else ""
        steps.append(f"{user} uses {', '.join(symbols[:most])}{more} of {used}")
    return "; ".join(steps)


def print_cycles(room, files):
    """Everything that is needed to cut the cycles of one program; returns their number."""
    edges = edges_of(files)
    names, graph = names_of(edges), graph_of((e.user, e.definer) for e in edges)
    knots = [
        knot
        for knot in knots_of(graph)
        if room == "proto" or any(f.startswith("services/") for f in knot)
    ]
    for knot in sorted(knots, key=lambda knot: (-len(knot), min(knot))):
        print(f"{room}: {len(knot)} files depend on each other: {' '.join(sorted(knot))}")
        for cycle in cycles_of(graph, knot):
            print(f"  {show_cycle(cycle, names, most=100)}")
    return len(knots)


# ---- folders -----------------------------------------------------------------------------------


def read_allowed(path):
    """[(from, to, line number)]; a line is "from -> to to ...", "#" begins a comment."""
    allowed = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        user, arrow, used = line.partition("->")
        if not arrow or not user.strip() or not used.strip():
            sys.exit(f"{path}:{number}: write the line as: from -> to")
        allowed += [(user.strip(), to, number) for to in used.split()]
    return allowed


def folder_of(file):
    return file.rpartition("/")[0]


def matches(pattern, file):
    return fnmatch.fnmatchcase(folder_of(file), pattern) or pattern == file


def check_folders(edges, allowed, list_name):
    """Lines about edges that are not allowed, entries that are not used, and folders that depend on
    each other."""
    used, refused = set(), {}
    for edge in edges:
        if folder_of(edge.user) == folder_of(edge.definer):
            continue
        rows = [
            row for row in allowed if matches(row[0], edge.user) and matches(row[1], edge.definer)
        ]
        used.update(rows)
        if not rows:
            refused.setdefault((folder_of(edge.user), folder_of(edge.definer)), []).append(edge)
    for (user, definer), bad in sorted(refused.items()):
        calls = sorted({f"{e.user} uses {e.symbol} of {e.definer}" for e in bad})
        more = f" and {len(calls) - 3} more" if len(calls) > 3 else ""
        yield (
            f"{user} must not use {definer}: {'; '.join(calls[:3])}{more}; move the function to "
            f"where both may use it, pass a pointer, or add the arrow to {list_name} and say there "
            "why"
        )
    for user, to, number in allowed:
        if (user, to, number) not in used:
            yield f"{list_name}:{number}: no file of {user} uses {to} any more; take the entry out"

    named = {name for user, to, _ in allowed for name in (user, to) if name.endswith(".c")}

    def node(file):
        return file if file in named else folder_of(file)

    between = [
        Edge(node(e.user), e.symbol, node(e.definer))
        for e in edges
        if node(e.user) != node(e.definer)
    ]
    graph, names = graph_of((e.user, e.definer) for e in between), names_of(between)
    for knot in knots_of(graph):
        yield (
            f"folders depend on each other: {show_cycle(cycles_of(graph, knot)[0], names)}; arrows "
            "run one way: move a file or pass a pointer "
            f"({len(knot)} folders in all: {' '.join(sorted(knot))})"
        )


def print_folders(edges):
    first = {}
    for edge in edges:
        pair = folder_of(edge.user), folder_of(edge.definer)
        if pair[0] != pair[1]:
            first.setdefault(pair, edge)
    for (user, definer), edge in sorted(first.items()):
        print(f"{user} -> {definer}  # {edge.user.rpartition('/')[2]}: {edge.symbol}")


# ---- the check ---------------------------------------------------------------------------------


def check(rooms, allowed, list_name):
    """Yields one line per failure."""
    all_edges = set()
    for room, files in rooms.items():
        edges = edges_of(files)
        all_edges.update(edges)
        names, graph = names_of(edges), graph_of((e.user, e.definer) for e in edges)
        for knot in knots_of(graph):
            if room == "proto" or any(file.startswith("services/") for file in knot):
                cycle = show_cycle(cycles_of(graph, knot)[0], names)
                yield (
                    f"{room}: {len(knot)} files form a cycle: {cycle}; "
                    "move one of these functions down, or pass it as a pointer; all of them: "
                    f"tests/check/cycles.py {room} ({' '.join(sorted(knot))})"
                )
    yield from check_folders(sorted(all_edges), allowed, list_name)
    if len(all_edges) < LEAST_EDGES:
        yield (
            f"{len(all_edges)} edges in all, at least {LEAST_EDGES} are expected: the check does "
            "not see the programs; look at how it finds their objects in compile_commands.json"
        )


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    here = pathlib.Path(__file__).resolve().parent
    parser.add_argument("program", nargs="?")
    parser.add_argument("--top", type=pathlib.Path, default=here.parent.parent)
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("--allow", type=pathlib.Path)
    parser.add_argument("--folders", action="store_true")
    args = parser.parse_args()
    top = args.top.resolve()
    build = (args.build or top / "build/dev").resolve()
    allow = args.allow or top / "tests/check/folders.allow"

    rooms = rooms_of(objects_of(top, build))
    if args.program:
        if args.program not in rooms:
            sys.exit(f"cycles: no program named {args.program}; there are: {' '.join(rooms)}")
        return 1 if print_cycles(args.program, rooms[args.program]) else 0
    if args.folders:
        print_folders(sorted({edge for files in rooms.values() for edge in edges_of(files)}))
        return 0
    failures = list(check(rooms, read_allowed(allow), allow.name))
    for line in failures:
        print(line)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
