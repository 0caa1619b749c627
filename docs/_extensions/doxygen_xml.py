"""Runs Doxygen over the public headers, for breathe."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[2]
XML = ROOT / "build" / "doxygen" / "xml"
HIDDEN = ("private", "friend", "protected-attrib")
BEFORE_SECTIONS = ("compoundname", "includes", "includedby", "innerclass")


def run(_: Sphinx) -> None:
    XML.parent.mkdir(parents=True, exist_ok=True)
    command = ["doxygen", "docs/Doxyfile"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise ExtensionError(f"doxygen failed: {done.stderr}")
    complete_files(XML)


def complete_files(folder: Path) -> None:
    """Name files by their paths, as there are two types.h, and give them what they declare.

    Doxygen has functions and enumerations with the namespace alone, which breathe would describe
    anew for each file.
    """
    index = folder / "index.xml"
    listed = ElementTree.parse(index)
    namespace = ElementTree.parse(folder / "namespaceruvector.xml").getroot()
    for compound in listed.getroot().iterfind("compound[@kind='file']"):
        path = folder / f"{compound.get('refid')}.xml"
        described = ElementTree.parse(path)
        definition = described.getroot().find("compounddef")
        name = compound.find("name")
        assert definition is not None
        assert name is not None
        name.text = location_of(definition)
        declare(definition, namespace, name.text)
        described.write(path, encoding="utf-8", xml_declaration=True)
    listed.write(index, encoding="utf-8", xml_declaration=True)
    for path in (*folder.glob("class*.xml"), *folder.glob("struct*.xml")):
        hide(path)


def hide(path: Path) -> None:
    """Drop from the description of a class what its users cannot name."""
    described = ElementTree.parse(path)
    for definition in described.getroot().iterfind("compounddef"):
        for section in definition.findall("sectiondef"):
            if section.attrib["kind"].startswith(HIDDEN):
                definition.remove(section)
    described.write(path, encoding="utf-8", xml_declaration=True)


def location_of(element: ElementTree.Element) -> str:
    location = element.find("location")
    assert location is not None
    return location.attrib["file"]


def declare(file: ElementTree.Element, namespace: ElementTree.Element, path: str) -> None:
    """Move into the file's description what the namespace's says is declared there."""
    for inner in file.findall("innernamespace"):
        file.remove(inner)
    place = 1 + max(i for i, child in enumerate(file) if child.tag in BEFORE_SECTIONS)
    for section in reversed(list(namespace.iterfind("compounddef/sectiondef"))):
        members = [each for each in section.iterfind("memberdef") if location_of(each) == path]
        if members:
            part = ElementTree.Element("sectiondef", section.attrib)
            for member in members:
                qualify(member)
            part.extend(members)
            file.insert(place, part)


def qualify(member: ElementTree.Element) -> None:
    """Outside of its namespace a name must be a full one, so that types beside it are found."""
    name = member.find("name")
    assert name is not None
    name.text = f"ruvector::{name.text}"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", run, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
