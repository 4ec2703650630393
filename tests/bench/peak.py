"""Run a command and print its peak memory in KiB: python3 -S peak.py COMMAND...

A program of its own, because Linux counts what a process was before exec() to
its peak: this one is small.
"""

import resource
import subprocess
import sys

subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
