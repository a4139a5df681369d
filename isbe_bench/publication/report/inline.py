"""SVG figures as parts of one page: small, and without ids that two of them share."""

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from isbe_bench.publication.chart import PART

_REFERENCE = re.compile(r"(?<=#)[\w-]+")
_NUMBER = re.compile(r"-?\d+\.\d+")
_AROUND_LETTER = re.compile(r"\s*([A-Za-z])\s*")
_ALONG = re.compile(r"translate\(([-\d.]+) 0\)")
"""The place of a letter in its line: half of all that a figure holds."""
_DECIMALS = {"d": 2, "x": 2, "y": 2, "width": 2, "height": 2, "transform": 6}
"""By attribute: nobody sees the hundredth part of a point, but a letter's scale is a small number."""
_LEFT_OUT = ("metadata", "style")


class Page:
    """The figures of a page. What they define (letters, ticks, outlines) stands once, in `shared`.

    matplotlib's style sheet, a rule for the ends and joins of all strokes, is left to the page.
    """

    def __init__(self) -> None:
        self._definitions: dict[bytes, Element] = {}
        """By their content without an id."""

    def add(self, svg: bytes, title: str) -> str:
        """A figure as an `svg` element; parts that its `Chart` names have their id as `data-part`."""
        root = ElementTree.fromstring(svg)
        ids: dict[str, str] = {}
        for element in root.iter():
            _shorten(element)
        for parent in list(root.iter()):
            for child in list(parent):
                if child.tag == "defs":
                    ids |= {each.attrib["id"]: self._define(each) for each in child.iterfind("*[@id]")}
                if child.tag in ("defs", *_LEFT_OUT):
                    parent.remove(child)
        for element in root.iter():
            _refer(element, ids)
        root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": title}
        return ElementTree.tostring(root, encoding="unicode")

    @property
    def shared(self) -> str:
        """An `svg` element that shows nothing, with what the figures added so far refer to."""
        root = Element("svg", {"width": "0", "height": "0", "aria-hidden": "true"})
        SubElement(root, "defs").extend(self._definitions.values())
        return ElementTree.tostring(root, encoding="unicode")

    def _define(self, element: Element) -> str:
        """The id of a definition, the same for the same content."""
        del element.attrib["id"]
        content = ElementTree.tostring(element)
        element.attrib["id"] = f"d{len(self._definitions)}"
        return self._definitions.setdefault(content, element).attrib["id"]


def _shorten(element: Element) -> None:
    """Leave out namespaces, line breaks and digits."""
    element.tag = element.tag.rpartition("}")[2]
    element.text = element.tail = None
    element.attrib = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
    for key, decimals in _DECIMALS.items():
        if value := element.get(key):
            element.set(key, _rounded(value, decimals))
    if element.tag == "use" and (along := _ALONG.fullmatch(element.get("transform", ""))):
        del element.attrib["transform"]
        element.set("x", along[1])
    if path := element.get("d"):
        element.set("d", _AROUND_LETTER.sub(r"\1", path))


def _rounded(text: str, decimals: int) -> str:
    return _NUMBER.sub(lambda found: f"{round(float(found[0]), decimals):g}", text)


def _refer(element: Element, ids: dict[str, str]) -> None:
    """Let references lead to definitions of the page; keep no id but those that scripts look for."""
    for key in ("href", "clip-path"):
        if value := element.get(key):
            element.set(key, _REFERENCE.sub(lambda found: ids.get(found[0], found[0]), value))
    name = element.attrib.pop("id", "")
    if name.startswith(PART):
        element.set("data-part", name)
