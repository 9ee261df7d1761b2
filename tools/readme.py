"""Runs the commands of a README as they stand there.

Executed are fenced blocks under the comment `<!-- run -->`. One under `<!-- run: background -->`
is started and left running until all others are done. All run in the folder of the README.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys

readme = pathlib.Path(sys.argv[1]).resolve()
blocks = re.findall(r"<!-- run(: background)? -->\n```sh\n(.*?)```", readme.read_text(), re.S)
assert blocks, "nothing to run"
running = []
try:
    for background, script in blocks:
        print(f"--- {script.strip()}", flush=True)
        command = ["bash", "-euo", "pipefail", "-c", script]
        if not background:
            subprocess.run(command, cwd=readme.parent, check=True, timeout=1200)
            continue
        process = subprocess.Popen(
            command,
            cwd=readme.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        said = ""
        while not re.search("listening on|HTTP API|plugged in", said):
            line = process.stdout.readline()
            said += line
            assert line, said
finally:
    for process in running:
        os.killpg(process.pid, signal.SIGTERM)
print("every command of the README works")
