import os
import matplotlib
import matplotlib.pyplot as plt
from matplotlib import animation
import networkx as nx

os.environ["MPLBACKEND"] = "Qt5Agg"
matplotlib.use("TkAgg")
matplotlib.use("Agg")
plt.rcParams["text.usetex"] = True
film = animation.FuncAnimation(None, None)
film.save("film.mp4")
film.save("film.gif", writer="pillow")
graph = nx.path_graph(3)
nx.pagerank(graph)
nx.shortest_path(graph, 0, 2)
nx.draw(graph, nx.spring_layout(graph))
nx.nx_pydot.graphviz_layout(graph)
