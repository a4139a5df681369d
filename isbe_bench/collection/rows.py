"""What every task's row holds of a run's configuration and environment."""

from typing import Any

from isbe_bench.config import Config, flatten


def settings_of(config: Any) -> dict[str, Any]:
    """The flattened configuration, without what does not tell a run from another."""
    return {key: value for key, value in flatten(config).items() if key not in Config.NOT_IDENTITY}


def environment_of(environment: Any) -> dict[str, Any]:
    """The environment, with the prefix that keeps it apart from the configuration."""
    return {f"environment.{key}": value for key, value in environment.items()}
