"""Runs the commands of READMEs as they stand there: python3 tools/readme.py README.md …

Executed are fenced blocks under the comment `<!-- run -->`. One under `<!-- run: background -->`
is started and left running until all others of its README are done. A block under
`<!-- prints -->` is what the block before it must print: its lines, in this order, where `…` stands
for anything. All run in the folder of their README. `<!-- not run: REASON -->` leaves one out.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys

# What programs say when they serve.
READY = "listening (on|for)|HTTP API|plugged in|Serving HTTP|Server is ready|Host started"

BLOCK = re.compile(r"<!-- (run|run: background|prints) -->\n```\w*\n(.*?)```", re.S)


def start(script, folder):
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = ""
    while not re.search(READY, said):
        line = process.stdout.readline()
        said += line
        if not line:
            sys.exit(f"it ended:\n{said}")
    return process


def run(script, folder):
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, text=True, timeout=1200
    )
    print(done.stdout, end="", flush=True)
    if done.returncode:
        sys.exit(f"it ends with status {done.returncode}")
    return done.stdout


def check(expected, printed):
    pattern = "(.|\n)*".join(
        ".*".join(re.escape(part) for part in line.strip().split("…"))
        for line in expected.splitlines()
    )
    if not re.search(pattern, printed):
        sys.exit(f"it does not print\n{expected}\nbut\n{printed}")


def follow(readme):
    text = readme.read_text()
    if reason := re.search("<!-- not run: (.*) -->", text):
        print(f"SKIPPED: {reason[1]}")
        return
    blocks = BLOCK.findall(text)
    if not blocks:
        sys.exit(f"{readme} has nothing to run")
    running, printed = [], ""
    try:
        for kind, text in blocks:
            if kind == "prints":
                check(text, printed)
                continue
            print(f"--- {text.strip()}", flush=True)
            if kind == "run":
                printed = run(text, readme.parent)
            else:
                running.append(start(text, readme.parent))
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGTERM)
            # The next README may want the same port.
            process.communicate()
    print(f"every command of {readme} works", flush=True)


for argument in sys.argv[1:]:
    print(f"=== {argument}", flush=True)
    follow(pathlib.Path(argument).resolve())
