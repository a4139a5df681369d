"""CUDA graphs of work that is repeated: captured once, then launched as a whole."""

from collections.abc import Callable, Sequence

import torch

_WARMUP = 3  # runs before a capture, required by PyTorch's notes on CUDA graphs

Replay = Callable[[], None]


def capture(phases: Sequence[Callable[[], None]], forget: Callable[[], None]) -> list[Replay]:
    """Run the phases a few times, then capture a graph of each; returns what launches each graph.

    A graph reads and writes the same memory whenever it is launched. So what changes has to be copied
    into tensors that the phases read, and what they allocate belongs to the graphs.

    Parameters
    ----------
    phases
        Work on the current CUDA device, to be done in this order. Its effects of these first runs stay.
    forget
        Called after each of these runs, to drop gradients: those of the capture belong to its graphs.
    """
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(_WARMUP):
            for phase in phases:
                phase()
            forget()
    torch.cuda.current_stream().wait_stream(stream)
    graphs: list[torch.cuda.CUDAGraph] = []
    for phase in phases:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=graphs[0].pool() if graphs else None, stream=stream):
            phase()
        graphs.append(graph)
    return [graph.replay for graph in graphs]
