from tkinter import *
import torch
from numba import cuda
import gi
from gi.repository import Gtk

root = Tk()
device = torch.device("cuda:0")
torch.device("cpu")
model.to("cuda")
model.to("cpu")
model.cuda()


@cuda.jit
def kernel(x):
    pass


try:
    import cupy
except ImportError:
    cupy = None
