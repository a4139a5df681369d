"""What the user's own parts are made from: a hash of their code, or the version of their package.

Nothing is imported: the modules are found in the folders of `sys.path`, and their imports are followed
as far as they lie in the same folder.
"""

import ast
import hashlib
import importlib.machinery
import importlib.metadata
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

_SUITE = "isbe_bench"
_STANDARD = Path(sysconfig.get_path("stdlib")).resolve()
_INSTALLED = {"site-packages", "dist-packages"}  # of any environment, and of Debian


def hashes(targets: Iterable[str]) -> dict[str, str]:
    """The hash of the code of each target that is not installed, ten hexadecimal digits, by target.

    It covers the bytes of the target's module and of every module that this imports, directly or not,
    from the folder in which it lies. Targets of isbe-bench are known by their names, those of installed
    packages by `versions`.
    """
    found = {}
    for target in dict.fromkeys(targets):
        folder = _folder(target)
        if folder is not None:
            found[target] = _hash(target, folder)
    return found


def versions(targets: Iterable[str]) -> dict[str, str]:
    """The versions of the installed packages that the targets come from, by name."""
    packages = {_package(target) for target in targets} - {_SUITE}
    if not packages:  # as for most runs: reading all distributions takes a tenth of a second
        return {}
    distributions = importlib.metadata.packages_distributions()
    names = [name for package in sorted(packages) for name in distributions.get(package, ())]
    return {name: importlib.metadata.version(name) for name in names}


def _package(target: str) -> str:
    return target.partition(".")[0]


def _folder(target: str) -> Path | None:
    """The folder of `sys.path` that holds a target's package; None if it is installed, or unknown."""
    package = _package(target)
    spec = importlib.machinery.PathFinder.find_spec(package)
    if spec is None or package == _SUITE:
        return None
    # A package without __init__.py has no origin, only folders.
    places = spec.submodule_search_locations or [spec.origin or ""]
    folder = Path(next(iter(places))).resolve().parent
    is_installed = folder.is_relative_to(_STANDARD) or _INSTALLED.intersection(folder.parts)
    return None if is_installed else folder


def _hash(target: str, folder: Path) -> str:
    """Hash the modules below a folder that a target needs: their names and their bytes."""
    modules: dict[str, Path] = {}
    waiting = [target]
    while waiting:
        # The last parts of a name may be a class and its method, or what is imported from a module.
        for name in _with_parents(waiting.pop()):
            path = _file(folder, name)
            if path is not None and name not in modules:
                modules[name] = path
                waiting += _imports(path, name)
    digest = hashlib.sha256()
    for name, path in sorted(modules.items()):
        digest.update(f"{name}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:10]


def _with_parents(name: str) -> Iterator[str]:
    """`a.b.c`, `a.b`, `a`."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _file(folder: Path, module: str) -> Path | None:
    path = folder.joinpath(*module.split("."))
    places = (path / "__init__.py", path.with_name(f"{path.name}.py"))
    return next((place for place in places if place.is_file()), None)


def _imports(path: Path, module: str) -> Iterator[str]:
    """The names that a module imports; none if it cannot be parsed, which importing it will say."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            # One dot is the package itself, each further one its parent.
            above = package.rsplit(".", node.level - 1)[0] if node.level > 1 else package
            start = ".".join(filter(None, (above if node.level else "", node.module)))
            yield from (f"{start}.{each.name}" for each in node.names)
