"""mdbook's preprocessor `repository` (book.toml): a link that leaves `docs/` becomes the path of
what it names, because a book that was put on a server has no repository around it."""

import json
import os
import re
import sys

# Not an image, not code; a target with a scheme or within the page stays.
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?![a-z]+:|#)([^()\s]+)\)")
FENCE = re.compile(r"(^```.*?^```$)", re.M | re.S)


def inside(folder):
    def replace(link):
        text, target = link.groups()
        path = os.path.normpath(os.path.join(folder, target.split("#")[0]))
        if not path.startswith(".."):
            return link[0]
        name = os.path.relpath(path, "..")
        return text if text.strip("`") == name else f"{text} (`{name}`)"

    return replace


def rewrite(items):
    for item in items:
        if "Chapter" not in item:
            continue
        chapter = item["Chapter"]
        if chapter["path"]:
            replace = inside(os.path.dirname(chapter["path"]))
            parts = FENCE.split(chapter["content"])
            parts[::2] = [LINK.sub(replace, part) for part in parts[::2]]
            chapter["content"] = "".join(parts)
        rewrite(chapter["sub_items"])


if sys.argv[1:2] == ["supports"]:
    sys.exit()
_, book = json.load(sys.stdin)
rewrite(book["items"])
json.dump(book, sys.stdout)
