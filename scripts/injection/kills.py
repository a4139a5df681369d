"""Processes that are killed by SIGKILL at random moments."""

from injection.commands import Who, pause
from injection.trial import Trial


def kills(trial: Trial, who: Who, count: int) -> None:
    """Kill so often, in one sweep after another; a killed command is given again at once."""
    command = trial.start()
    for _ in range(count):
        pause(trial.moment())
        while not command.kill(who, trial.random):  # all was done
            trial.finish(command)
            trial.renew()
            command = trial.start()
            pause(trial.moment())
        trial.tally.injected += 1
        if who in ("command", "group"):
            killed, command = command, trial.start()
            trial.inspect(killed)
    trial.finish(command)


def side_by_side(trial: Trial) -> None:
    """Give the command twice at once, and kill one of the two with all its processes."""
    victim, other = commands = [trial.start(), trial.start()]
    if trial.random.random() < 0.5:
        victim, other = other, victim
    pause(trial.moment())
    trial.tally.injected += int(victim.kill("group", trial.random))
    for command in commands:
        code = trial.ended(command)
        if command is other and code != 0:
            trial.tally.lost.append(f"the other command ended with {code}")
    trial.finish()
