"""Checks links that lead to this repository's own files: python3 tools/links.py [BOOK]

Of every Markdown file that git knows: the file or folder is in the repository, the heading is in
the page. Every page of `docs/` is in its SUMMARY.md. With BOOK, a folder that mdbook made, the
links of its pages too. Links to other machines are nobody's promise and are not followed.
"""

import html.parser
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^( *)(```+|~~~+).*?^ *\2 *$", re.M | re.S)
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.S)
COMMENT = re.compile(r"<!--.*?-->", re.S)
LINK = re.compile(r"\]\(\s*<?([^()\s<>]+(?:\([^()\s]*\)[^()\s<>]*)?)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$", re.M)
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$", re.M)


def anchors(text):
    """The ids that its headings get, as GitHub and mdbook make them."""
    ids, seen = set(), {}
    for heading in HEADING.findall(FENCE.sub("", text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        count = seen[name] = seen.get(name, -1) + 1
        ids.add(f"{name}-{count}" if count else name)
    return ids


def links(text):
    prose = CODE.sub("", COMMENT.sub("", FENCE.sub("", text)))
    return LINK.findall(prose) + REFERENCE.findall(prose)


def is_ours(target):
    return not urllib.parse.urlsplit(target).scheme and not target.startswith("//")


def of_the_repository():
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    files = {name for name in listed.stdout.decode().split("\0") if name}
    known = {""} | files
    for file in files:
        known.update(map(str, pathlib.PurePosixPath(file).parents))
    for file in sorted(files):
        if not file.endswith(".md") or not (ROOT / file).exists():
            continue
        text = (ROOT / file).read_text()
        for target in filter(is_ours, links(text)):
            path, _, anchor = urllib.parse.unquote(target).partition("#")
            folder = os.path.dirname(file)
            found = os.path.normpath(os.path.join(folder, path)) if path else file
            if found not in known:
                yield f"{file}: {target}: there is no such file"
                continue
            page = ROOT / found
            page = page / "README.md" if page.is_dir() else page
            if anchor and (page.suffix != ".md" or anchor not in anchors(page.read_text())):
                yield f"{file}: {target}: there is no such heading"
    contents = links((ROOT / "docs/SUMMARY.md").read_text())
    for file in sorted(files):
        name = file.removeprefix("docs/")
        if file.endswith(".md") and name != file and name not in [*contents, "SUMMARY.md"]:
            yield f"docs/SUMMARY.md lacks {name}"


class Page(html.parser.HTMLParser):
    """The ids and the links of a page."""

    def __init__(self, file):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(file.read_text())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


def of_the_book(book):
    files = sorted(book.rglob("*.html"))
    pages = {file: Page(file) for file in files if file.name not in ("print.html", "404.html", "toc.html")}
    for file, page in pages.items():
        for target in filter(is_ours, page.links):
            path, _, anchor = urllib.parse.unquote(target).partition("#")
            found = (file.parent / path).resolve() if path else file
            if not found.exists() or not found.is_relative_to(book):
                yield f"{file}: {target}: there is no such file in the book"
            elif anchor and found in pages and anchor not in pages[found].ids:
                yield f"{file}: {target}: there is no such heading"
    if not pages:
        yield f"{book} has no page"


wrong = list(of_the_repository())
for argument in sys.argv[1:]:
    wrong += of_the_book(pathlib.Path(argument).resolve())
if wrong:
    sys.exit("\n".join(wrong))
print("every link leads somewhere")
