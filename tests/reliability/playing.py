"""The histories that a seed draws from a machine."""

from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests import seeds

PLAYED = 2  # Hypothesis begins with the shortest history there is
STEPS = 50  # what is wrong only after a long past is not found by many short ones
quiet: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}


def play(
    machine: type[RuleBasedStateMachine],
    number: int,
    *,
    histories: int = PLAYED,
    steps: int = STEPS,
    phases: tuple[Phase, ...] = (Phase.generate,),
) -> None:
    """Play the histories of a seed. Raises what the first wrong one raises, with a note of its seed."""
    chosen = settings(max_examples=histories, stateful_step_count=steps, database=None, phases=phases, **quiet)
    try:
        run_state_machine_as_test(seed(number)(type(machine.__name__, (machine,), {})), settings=chosen)
    except BaseException as wrong:
        wrong.add_note(f"This history was drawn for the seed {number}: {seeds.VARIABLE}={number} plays it again.")
        raise
