"""Workers: where heavy work runs. Tasks go in and results come out as bytes, so that a process, or a cluster, can do them.

pool.py        the interface: Task, Result, Pool
inline.py      in this process
processes.py   in supervised processes of this machine: who gets which task, what happens when a worker dies
supervised.py  one such process, seen from here
guardian.py    a small process around each worker, which ends its whole process tree
child.py       the worker itself: the loop which runs the entry
entry.py       what is run: the class named by "module:Class"
frames.py      how messages are framed between supervised.py and child.py
"""
