"""Runs the commands of pages as they stand there: python3 tools/readme.py README.md …

Executed are fenced blocks under the comment `<!-- run -->`. One under `<!-- run: background -->`
is started and left running until all others of its page are done. A block under
`<!-- prints -->` is what the block before it must print: its lines, in this order, where `…` stands
for anything. All run in the folder of their README, those of pages in `docs/` in the root. `<!-- not run:
REASON -->` leaves a page out; one without a block for a shell has nothing to run.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys

BLOCK = re.compile(r"<!-- (run|run: background|prints) -->\n```\w*\n(.*?)```", re.S)

# What programs say when they can be asked: the emulator and servers of ours, daprd, wasmtime; the
# registry, wash dev, NATS, wash host.
STARTED = re.compile(
    "listening on http|HTTP API|plugged in|dapr initialized|Serving HTTP"
    "|listening on 127|listening for|Server is ready|Host started"
)


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
    while not STARTED.search(said):
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
        if "```sh" in text:
            sys.exit(f"{readme} has commands, and none to run")
        print("it has no commands")
        return
    in_docs = readme.parent.name == "docs"
    folder = readme.parent.parent if in_docs else readme.parent
    running, printed = [], ""
    try:
        for kind, text in blocks:
            if kind == "prints":
                check(text, printed)
                continue
            print(f"--- {text.strip()}", flush=True)
            if kind == "run":
                printed = run(text, folder)
            else:
                running.append(start(text, folder))
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGTERM)
            # The next page may want the same port.
            process.communicate()
    print(f"every command of {readme} works", flush=True)


for argument in sys.argv[1:]:
    print(f"=== {argument}", flush=True)
    follow(pathlib.Path(argument).resolve())
