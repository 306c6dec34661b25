# SPDX-License-Identifier: Apache-2.0
"""Draws who calls whom. Needs Graphviz's dot, which networkx only starts."""
import networkx as nx

CALLS = [("web", "auth"), ("web", "stock"), ("stock", "db"), ("auth", "db")]


def main():
    graph = nx.DiGraph(CALLS)
    places = nx.nx_pydot.graphviz_layout(graph, prog="dot")
    order = sorted(places, key=lambda n: (-places[n][1], n))
    print(" > ".join(order))
    print(list(nx.topological_sort(graph))[-1], nx.dag_longest_path_length(graph))


main()
