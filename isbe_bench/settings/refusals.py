"""Errors of Hydra and OmegaConf in the words of this suite: key, value and what is allowed."""

import re
from collections.abc import Sequence

from hydra.errors import ConfigCompositionException, MissingConfigException, SearchPathException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException
from yaml import YAMLError

from isbe_bench.settings.words import either, shown, suggest

_UNRESOLVED = "cannot be resolved; allowed is a value, or ${KEY} of a key that has one"


def reason(error: Exception, arguments: Sequence[str]) -> str:
    """Why a command line with these arguments cannot be composed, in one line."""
    text = " ".join(str(error).split())
    if isinstance(error, MissingConfigException):
        return _missing_file(error, text)
    if isinstance(error, SearchPathException) and (match := re.search(r"directory '(.*?)' not", text)):
        return f"--config-dir {match[1]}: allowed is an existing folder"
    if isinstance(error, OmegaConfBaseException):
        return f"{error.full_key}: {_UNRESOLVED}"
    if isinstance(error, YAMLError):
        return f"a file of settings cannot be read ({text}); allowed is YAML"
    if isinstance(error, ConfigCompositionException):
        return _composition(error, text, arguments)
    return f"the command line cannot be read ({text})"


def unresolved(error: OmegaConfBaseException, composed: DictConfig) -> str:
    """The value that is not set, or that refers to a value that is not set."""
    key = str(error.full_key)
    if isinstance(error, MissingMandatoryValue):
        return f"{key}: must be set; allowed is {key}=VALUE"
    node = OmegaConf.to_container(composed, resolve=False)
    for part in key.split("."):
        node = node[part] if isinstance(node, dict) and part in node else "…"
    return f"{key}={shown(node)}: {_UNRESOLVED}"


def _missing_file(error: MissingConfigException, text: str) -> str:
    if error.options and error.missing_cfg_file:
        group, _, choice = error.missing_cfg_file.rpartition("/")
        return f"{group}={choice}: allowed is {either(error.options)}"
    return f"a file of settings is missing ({text}); allowed is the name of one that exists"


def _composition(error: ConfigCompositionException, text: str, arguments: Sequence[str]) -> str:
    task = next((each for each in arguments if each.startswith("task=")), "task=train")
    if match := re.match(r"(?:Ambiguous value for argument|Sweep parameters) '(.*?)'", text):
        return f"{match[1]}: allowed is one value, or several in a sweep, with -m"
    if match := re.match(r"In 'experiment/(.*?)': Could not override '(.*?)'", text):
        return f"experiment={match[1]}: sets {match[2]}, which {task} does not know"
    if match := re.match(r"In '(.*?)': Overriding hydra.searchpath", text):
        return (
            f"{match[1]}.yaml: sets hydra.searchpath, which isbe-bench does not serve; "
            "allowed is --config-dir DIR"
        )
    if match := re.match(r"Error merging override (.*)", text):
        return f"{match[1]}: allowed is a value of the kind that stands there"
    if match := re.match(r"Could not append to config\. An item is already at '(.*?)'", text):
        return f"+{match[1]}: {match[1]} is set already; allowed is {match[1]}=VALUE"
    if match := re.match(r"Could not delete from config\. (.*)", text):
        return f"{_argument(arguments, '~')}: {match[1].rstrip('.')}; allowed is KEY=VALUE"
    if match := re.match(r"Could not override '(.*?)'.* use \+?(\S+)", text):
        parent = getattr(error.__cause__, "parent_node", None)
        if not isinstance(parent, DictConfig) or parent._get_parent() is None:  # a group, or the root
            return f"{match[2]}: unknown key; {task} does not know it"
        known, (group, _, name) = [str(key) for key in parent], match[1].rpartition(".")
        return f"{match[2]}: unknown key; {suggest(name, known) if known else f'{group} has none'}"
    return f"the command line cannot be read ({text})"


def _argument(arguments: Sequence[str], prefix: str) -> str:
    return next((each for each in arguments if each.startswith(prefix)), prefix)
