"""Processes that are killed by SIGKILL at random moments."""

from injection.commands import Who, pause
from injection.trial import Trial


def kills(trial: Trial, who: Who, count: int) -> None:
    """Kill so often, in one sweep after another."""
    while (count := count - in_one_sweep(trial, who, count)) > 0:
        trial.renew()


def in_one_sweep(trial: Trial, who: Who, most: int) -> int:
    """Kill at most so often until all is done; returns how often.

    A killed command is given again at once.
    """
    command = trial.start()
    killed = 0
    while killed < most:
        pause(trial.moment())
        if not command.kill(who, trial.random):
            break
        killed += 1
        if who in ("command", "group"):
            dead, command = command, trial.start()
            trial.inspect(dead)
    trial.tally.injected += killed
    trial.finish(command)
    return killed


def side_by_side(trial: Trial) -> None:
    """Give the command twice at once, and kill one of the two with all its processes."""
    commands = [trial.start(), trial.start()]
    trial.random.shuffle(commands)
    victim, other = commands
    pause(trial.moment())
    trial.tally.injected += int(victim.kill("group", trial.random))
    trial.ended(victim)
    if (code := trial.ended(other)) != 0:
        trial.tally.lost.append(f"the other command ended with {code}: {other.last_line}")
    trial.finish()
